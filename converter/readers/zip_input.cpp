#include "converter/readers/zip_input.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace heed::convert {

ZipInput::ZipInput(std::shared_ptr<const Bytes> file) : file_(std::move(file)) {
  zip_error_init(&error_);
}

ZipInput::~ZipInput() {
  zip_error_fini(&error_);
}

zip_source_t* ZipInput::open(zip_error_t* error) {
  return zip_source_function_create(&ZipInput::call, this, error);
}

zip_int64_t ZipInput::call(void* self, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  return static_cast<ZipInput*>(self)->answer(data, length, command);
}

zip_int64_t ZipInput::answer(void* data, zip_uint64_t length, zip_source_cmd_t command) {
  switch (command) {
  case ZIP_SOURCE_SUPPORTS:
    return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                          ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
                                          ZIP_SOURCE_SUPPORTS, -1);
  case ZIP_SOURCE_OPEN:
    position_ = 0;
    return 0;
  case ZIP_SOURCE_READ: {
    if (!first_read_) first_read_ = position_;
    const std::uint64_t count = std::min<std::uint64_t>(length, file_->size() - position_);
    if (count > 0) std::memcpy(data, file_->data() + position_, static_cast<std::size_t>(count));
    position_ += count;
    return static_cast<zip_int64_t>(count);
  }
  case ZIP_SOURCE_SEEK: {
    const zip_int64_t to = zip_source_seek_compute_offset(position_, file_->size(), data, length, &error_);
    if (to < 0) return -1;
    position_ = static_cast<std::uint64_t>(to);
    return 0;
  }
  case ZIP_SOURCE_TELL:
    return static_cast<zip_int64_t>(position_);
  case ZIP_SOURCE_STAT: {
    auto* stat = static_cast<zip_stat_t*>(data);
    zip_stat_init(stat);
    stat->size = file_->size();
    stat->valid |= ZIP_STAT_SIZE;
    return sizeof(*stat);
  }
  case ZIP_SOURCE_ERROR:
    return zip_error_to_data(&error_, data, length);
  case ZIP_SOURCE_CLOSE:
  case ZIP_SOURCE_FREE:
    return 0;
  default:
    zip_error_set(&error_, ZIP_ER_OPNOTSUPP, 0);
    return -1;
  }
}

} // namespace heed::convert
