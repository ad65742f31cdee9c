// The C++ API of heed. C and other languages: heed.h.
#ifndef HEED_HEED_HPP
#define HEED_HEED_HPP

#include <heed/model.hpp>
#include <heed/session.hpp>
#include <heed/span.hpp>
#include <heed/status.hpp>

#endif // HEED_HEED_HPP
