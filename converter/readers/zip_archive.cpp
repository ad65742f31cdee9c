#include "converter/readers/zip_archive.hpp"

#include "converter/readers/element.hpp"
#include "converter/readers/fail.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <zip.h>

namespace heed::convert {
namespace {

// The 64-bit directory states its number of entries, and libzip allocates for that many before it looks at
// them: a file of 100 bytes could ask for gigabytes. An entry takes 46 bytes or more.
void check_entry_count(std::string_view file) {
  constexpr std::string_view locator = "PK\x06\x07"; // signature, disk, offset of the record
  constexpr std::string_view record = "PK\x06\x06";  // 32 bytes on: the number of entries
  constexpr std::size_t tail = 128 * 1024;           // libzip searches the last 64 KiB and some headers
  std::size_t at = file.size() > tail ? file.size() - tail : 0;
  for (; (at = file.find(locator, at)) != std::string_view::npos; ++at) {
    if (file.size() - at < 16) return;
    const auto offset = load_unaligned<std::uint64_t>(file.data() + at + 8);
    if (offset > file.size() || file.size() - offset < 40 || file.substr(offset, 4) != record) continue;
    for (const std::uint64_t field : {24U, 32U}) { // on this disk, in total
      const auto count = load_unaligned<std::uint64_t>(file.data() + offset + field);
      if (count > file.size() / 46 || count > limits::zip_entries) {
        malformed("its zip directory claims {} entries in {} bytes", count, file.size());
      }
    }
  }
}

// zip_t and zip_error_t with an owner.
struct ZipError {
  ZipError() { zip_error_init(&error); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  ~ZipError() { zip_error_fini(&error); }
  zip_error_t error;
};
struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

zip* open_archive(ZipInput& input) {
  ZipError failure;
  zip_source_t* source = input.open(&failure.error);
  if (source == nullptr) throw Error(StatusCode::out_of_memory, "libzip has no memory for the archive");
  zip* archive = zip_open_from_source(source, ZIP_RDONLY, &failure.error);
  if (archive == nullptr) {
    zip_source_free(source);
    malformed(
        "it starts like a zip archive but its directory cannot be read ({}); it is truncated or damaged",
        zip_error_strerror(&failure.error));
  }
  return archive;
}

// Reads one entry from its start. At its end libzip compares the checksum, so it has to be read to its end.
class EntryReader {
 public:
  EntryReader(zip* archive, std::size_t index, const std::string& name)
      : name_(name), file_(zip_fopen_index(archive, index, 0)) {
    if (file_ == nullptr) refuse(zip_strerror(archive));
  }
  // The next bytes: at least one, at most `room`.
  std::size_t read(std::uint8_t* out, std::size_t room) {
    const std::size_t got = some(out, room);
    if (got == 0) refuse("it is shorter than the directory states");
    return got;
  }
  void expect_end() {
    std::uint8_t extra = 0;
    if (some(&extra, 1) > 0) refuse("it is longer than the directory states");
  }

 private:
  std::size_t some(std::uint8_t* out, std::size_t room) {
    const zip_int64_t got = zip_fread(file_.get(), out, room);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (zip_error_code_zip(zip_file_get_error(file_.get())) == ZIP_ER_CRC)
      refuse("its checksum is wrong; the file is damaged, or was saved under "
             "torch.serialization.set_crc32_options(False): save it with checksums");
    refuse(zip_file_strerror(file_.get()));
  }
  [[noreturn]] void refuse(const char* reason) const {
    malformed("entry {} cannot be read: {}", in_quotes(name_), reason);
  }

  const std::string& name_;
  std::unique_ptr<zip_file_t, CloseFile> file_;
};

constexpr std::uint64_t kPiece = 1 << 16;

} // namespace

ZipArchive::ZipArchive(std::shared_ptr<const Bytes> file) : file_(std::move(file)), input_(file_) {
  check_entry_count(file_->view());
  zip_ = open_archive(input_);
  try {
    const zip_int64_t count = zip_get_num_entries(zip_, 0);
    // by_name_ refers to the names, so the vector must not move them.
    entries_.reserve(static_cast<std::size_t>(count));
    std::uint64_t total = 0;
    for (zip_int64_t i = 0; i < count; ++i) {
      add_entry(static_cast<std::uint64_t>(i));
      const std::uint64_t size = entries_.back().size;
      if (size > limits::unpacked(file_->size()) - total) {
        malformed("its {} bytes unpack to more than {}; it looks like a zip bomb", file_->size(),
                  limits::unpacked(file_->size()));
      }
      total += size;
    }
  } catch (...) {
    zip_discard(zip_); // the destructor does not run after a throw
    throw;
  }
}

ZipArchive::~ZipArchive() {
  zip_discard(zip_);
}

void ZipArchive::add_entry(std::uint64_t index) {
  constexpr zip_uint64_t needed =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_stat_index(zip_, index, ZIP_FL_ENC_RAW, &stat) != 0 || (stat.valid & needed) != needed) {
    malformed("entry {} of its zip directory is broken", index);
  }
  if (stat.encryption_method != ZIP_EM_NONE) unsupported("entry {} is encrypted", in_quotes(stat.name));
  const bool stored = stat.comp_method == ZIP_CM_STORE;
  if (!stored && stat.comp_method != ZIP_CM_DEFLATE) {
    unsupported("entry {} is packed by method {}; only deflate is read", in_quotes(stat.name),
                stat.comp_method);
  }
  if (stat.comp_size > file_->size() || (stored && stat.size != stat.comp_size)) {
    malformed("entry {} is larger than the file", in_quotes(stat.name));
  }
  entries_.push_back({stat.name, stat.size, stat.comp_size, stored});
  if (!by_name_.emplace(entries_.back().name, entries_.size() - 1).second) {
    malformed("it has two entries {}", in_quotes(stat.name));
  }
}

std::optional<std::size_t> ZipArchive::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

ByteRange ZipArchive::read(std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::lock_guard<std::mutex> lock(mutex_);
  try {
    if (entry.stored) {
      ByteRange range = in_place(index);
      if (range.owner != nullptr) return range;
    }
    std::vector<std::uint8_t> content(static_cast<std::size_t>(entry.size));
    EntryReader reader(zip_, index, entry.name);
    for (std::size_t done = 0; done < content.size();)
      done += reader.read(content.data() + done, content.size() - done);
    reader.expect_end();
    const std::shared_ptr<const Bytes> owner = Bytes::own(std::move(content));
    return {owner, owner->view()};
  } catch (const std::bad_alloc&) {
    throw Error(StatusCode::out_of_memory, fmt::format("there is no memory for the {} bytes of entry {}",
                                                       entry.size, in_quotes(entry.name)));
  }
}

ByteRange ZipArchive::in_place(std::size_t index) const {
  const Entry& entry = entries_[index];
  std::vector<std::uint8_t> piece(static_cast<std::size_t>(std::min(entry.size, kPiece)));
  std::string_view found;
  EntryReader reader(zip_, index, entry.name);
  input_.watch();
  for (std::uint64_t done = 0; done < entry.size;) {
    const std::size_t got = reader.read(piece.data(), std::min(piece.size(), entry.size - done));
    if (done == 0) found = file_->view().substr(input_.first_read().value_or(file_->size()), entry.size);
    // A libzip that reads ahead, or in another order, would be seen here.
    if (found.size() < entry.size || std::memcmp(found.data() + done, piece.data(), got) != 0) return {};
    done += got;
  }
  reader.expect_end();
  return {file_, found};
}

ZipStorage::ZipStorage(std::shared_ptr<const ZipArchive> archive, std::size_t index)
    : Storage(archive->entries()[index].size), archive_(std::move(archive)), index_(index) {}

const std::uint8_t* ZipStorage::data() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (content_.owner == nullptr) content_ = archive_->read(index_);
  return reinterpret_cast<const std::uint8_t*>(content_.bytes.data());
}

} // namespace heed::convert
