/* Marks what the shared library exports; everything else is hidden. */
#ifndef HEED_EXPORT_H
#define HEED_EXPORT_H

#if defined(__GNUC__)
#define HEED_API __attribute__((visibility("default")))
#define HEED_LOCAL __attribute__((visibility("hidden"))) /* a part of an exported class that is not */
#else
#define HEED_API
#define HEED_LOCAL
#endif

#endif /* HEED_EXPORT_H */
