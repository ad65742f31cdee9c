// A view of contiguous elements: pointer and length, owning nothing. C++17 has no std::span.
#ifndef HEED_SPAN_HPP
#define HEED_SPAN_HPP

#include <cstddef>
#include <type_traits>
#include <utility>

namespace heed {

// The viewed elements must outlive the view. An empty view may have a null pointer.
template <class T>
class Span {
 public:
  constexpr Span() noexcept = default;
  constexpr Span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <std::size_t N>
  constexpr Span(T (&array)[N]) noexcept : data_(array), size_(N) {}
  // Any container with data() and size(): std::vector, std::array, std::string, another Span.
  template <class Container,
            class = std::enable_if_t<std::is_convertible_v<decltype(std::declval<Container&>().data()), T*>>>
  constexpr Span(Container&& container) noexcept : data_(container.data()), size_(container.size()) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr T& operator[](std::size_t i) const noexcept { return data_[i]; }
  constexpr T* begin() const noexcept { return data_; }
  constexpr T* end() const noexcept { return data_ + size_; }
  // The elements from `first` on, `count` of them. Precondition: first + count <= size().
  constexpr Span subspan(std::size_t first, std::size_t count) const noexcept {
    return Span(data_ + first, count);
  }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace heed

#endif // HEED_SPAN_HPP
