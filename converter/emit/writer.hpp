// Writes a model file as a stream: metadata in front, then segments; see runtime/format/heed.fbs.
#ifndef HEED_CONVERTER_EMIT_WRITER_HPP
#define HEED_CONVERTER_EMIT_WRITER_HPP

#include "converter/emit/metadata.hpp"
#include "converter/emit/output_file.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heed::convert {

// Memory does not grow with the item table, except for 4 bytes a row of an int8 one (its scales), and
// 4 of each 16 rows in planes. Errors: as
// OutputFile.
class ModelWriter {
 public:
  // `graph` is in file form and outlives the writer. Opens the temporary file, writes nothing yet.
  ModelWriter(const Graph& graph, Description description, const std::string& path);

  // Writes the whole file under the temporary name. `progress` (may be empty) hears shares from 0 to 1.
  void write(const std::function<void(double)>& progress);
  // Records what was measured on the written file: metadata of the same size.
  void set_fidelity(const Fidelity& fidelity);
  // Syncs, and gives the file its name.
  void commit() { file_.commit(); }

  const std::string& temporary() const noexcept { return file_.temporary(); }
  std::uint64_t file_bytes() const noexcept { return file_bytes_; }

 private:
  BesideRows write_segment(Segment& segment, const std::vector<BesideRows>& beside,
                           const std::function<void(double)>& progress);
  void write_metadata();

  const Graph& graph_;
  Description description_;
  std::vector<Segment> segments_;
  std::uint64_t metadata_bytes_ = 0, file_bytes_ = 0;
  OutputFile file_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_EMIT_WRITER_HPP
