// The weights of a checkpoint as a recipe takes them: every one is asked for by name, or explained.
#ifndef HEED_CONVERTER_FAMILIES_WEIGHTS_HPP
#define HEED_CONVERTER_FAMILIES_WEIGHTS_HPP

#include "converter/graph/constant.hpp"
#include "converter/readers/checkpoint.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace heed::convert {

struct WeightUse {
  std::string name;
  std::uint64_t bytes = 0; // in the checkpoint
  std::string reason;      // ignored weights: why that is harmless
};

// Names that may be ignored, a pattern of wildcards.hpp.
struct Harmless {
  std::string pattern, reason;
};

class Weights {
 public:
  // The checkpoint must outlive the object.
  explicit Weights(const Checkpoint& checkpoint);

  bool has(const std::string& name) const { return tensors_.count(name) != 0; }
  // How many of `names` the checkpoint has.
  std::size_t count(const std::vector<std::string>& names) const;
  // One more than the largest number that stands for '#' in a name starting with `pattern`, such as
  // "layers.#.": the number of blocks. 0: none.
  std::int64_t blocks(const std::string& pattern) const;

  // Error(weights_missing) that lists every absent name, each with the nearest name that is not among
  // `names`. Marks them used.
  void require(const std::vector<std::string>& names, const std::string& family);

  // A weight as a matrix: [rows, cols], a vector as [1, cols]; trailing dimensions of 1 (convolutions of
  // width 1) and leading ones before a matrix vanish. Errors: weights_shape for other ranks and for empty
  // weights, checkpoint_unsupported for integers. Precondition: has(name).
  Constant matrix(const std::string& name);
  // Rows `first` to `first + rows` of it, under the name `name` + `suffix`. Error(weights_shape) when it is
  // shorter.
  Constant rows(const std::string& name, const std::string& suffix, std::int64_t first, std::int64_t rows);
  // One of `parts` equal groups of rows. Error(weights_shape) when they do not divide.
  Constant part(const std::string& name, const std::string& suffix, std::int64_t index, std::int64_t parts);
  // Elements `first` to `first + count` of a vector, as [1, count], held in memory. Error(weights_shape) when
  // it is no vector or shorter.
  Constant elements(const std::string& name, std::int64_t first, std::int64_t count);
  // The transposed matrix, held in memory: for kernels kept as [in, out].
  Constant transposed(const std::string& name);

  // A weight of any rank as [its first dimension, all others].
  Constant flattened(const std::string& name);
  // A kernel of torch.nn.Conv1d [out, in, width] as [out, width * in], oldest place first. Held in memory.
  Constant conv1d(const std::string& name);

  // After the recipe: weights that nothing used. Harmless ones become ignored(), others are an
  // Error(weights_unused) that lists them. Then reads every used weight: Error(weights_not_finite) names the
  // first NaN or infinity (also what is too large for float).
  void finish(const std::vector<Harmless>& harmless, const std::string& family);

  const std::vector<WeightUse>& used() const { return used_; }
  const std::vector<WeightUse>& ignored() const { return ignored_; }

 private:
  struct Shape2 {
    std::int64_t rows, cols;
  };
  // Refuses what is no matrix, or with `matrix` false what is no weight at all.
  Shape2 shape_of(const std::string& name, bool matrix = true) const;
  const Tensor& take(const std::string& name);

  std::vector<std::string> names_; // in file order
  std::map<std::string, const Tensor*> tensors_;
  std::map<std::string, bool> taken_;
  std::vector<WeightUse> used_, ignored_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_WEIGHTS_HPP
