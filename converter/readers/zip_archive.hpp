// A zip archive in memory, read with libzip behind guards against archives that are made to do harm.
#ifndef HEED_CONVERTER_READERS_ZIP_ARCHIVE_HPP
#define HEED_CONVERTER_READERS_ZIP_ARCHIVE_HPP

#include "converter/readers/bytes.hpp"
#include "converter/readers/storage.hpp"
#include "converter/readers/zip_input.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::convert {

// Safe to use from several threads.
class ZipArchive {
 public:
  struct Entry {
    std::string name;
    std::uint64_t size;        // bytes once unpacked, as the directory states it
    std::uint64_t packed_size; // bytes in the file
    bool stored;               // not packed
  };

  // Throws Error(checkpoint_malformed): no archive, truncated, two entries of one name, or entries that
  // together unpack to more than limits::unpacked(file size); checkpoint_unsupported: encrypted, or packed
  // otherwise than by deflate.
  explicit ZipArchive(std::shared_ptr<const Bytes> file);
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;
  ~ZipArchive();

  const std::vector<Entry>& entries() const noexcept { return entries_; } // in the directory's order
  std::optional<std::size_t> find(std::string_view name) const;

  // The unpacked bytes, exactly entries()[index].size of them: in place where they are stored as they are (as
  // PyTorch does), otherwise a copy. Throws Error(checkpoint_malformed) when the entry's checksum or size is
  // wrong, out_of_memory.
  ByteRange read(std::size_t index) const;

 private:
  void add_entry(std::uint64_t index);
  ByteRange in_place(std::size_t index) const; // without an owner when the place is not found

  std::shared_ptr<const Bytes> file_;
  mutable ZipInput input_; // zip_ reads through it
  zip* zip_ = nullptr;
  std::vector<Entry> entries_;
  std::map<std::string_view, std::size_t> by_name_;
  mutable std::mutex mutex_; // libzip moves one read position
};

// An entry that is checked, and unpacked where that is needed, on first use and kept from then on.
class ZipStorage final : public Storage {
 public:
  ZipStorage(std::shared_ptr<const ZipArchive> archive, std::size_t index);
  const std::uint8_t* data() const override;

 private:
  std::shared_ptr<const ZipArchive> archive_;
  std::size_t index_;
  mutable std::mutex mutex_;
  mutable ByteRange content_; // no owner until used
};

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_ZIP_ARCHIVE_HPP
