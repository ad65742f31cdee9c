// Names of items for people: a text file beside the model.
#ifndef HEED_CONVERTER_CLI_TITLES_HPP
#define HEED_CONVERTER_CLI_TITLES_HPP

#include <heed/model.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heed::cli {

// Reads a tab-separated table under a header. Ids stand in the column `item_id`; titles in the first column
// with "title" in its name (`title`, or `movie_title` as in RecBole's typed headers). Ids that no model holds
// do no harm.
class Titles {
 public:
  // Errors (convert::Error): file_not_found, io_error; data_mismatch (naming line and column), also for an id
  // that occurs twice.
  explicit Titles(const std::string& path);

  // Empty when there is none.
  std::string_view title(std::int64_t id) const;
  // The title, or "(no title)".
  std::string_view shown(std::int64_t id) const;

  // The items of the model that are called by `names`, separated by semicolons. A name is looked for as a
  // whole title; failing that without regard to the case of ASCII letters; failing that as a part of a title,
  // also without regard to case. Errors (convert::Error): unknown_item (no title matches), data_mismatch
  // (several match; the message lists them).
  std::vector<std::int64_t> find(std::string_view names, const Model& model) const;

 private:
  std::int64_t find_one(std::string_view name, const Model& model) const;

  std::string path_;
  std::vector<std::int64_t> order_; // ids as they stand in the file
  std::unordered_map<std::int64_t, std::string> titles_;
};

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_TITLES_HPP
