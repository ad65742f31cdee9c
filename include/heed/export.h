/* Marks what the shared library exports; everything else is hidden. */
#ifndef HEED_EXPORT_H
#define HEED_EXPORT_H

#if defined(__GNUC__)
#define HEED_API __attribute__((visibility("default")))
#else
#define HEED_API
#endif

#endif /* HEED_EXPORT_H */
