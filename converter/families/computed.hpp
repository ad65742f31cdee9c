// Constants that are computed from weights when a model is converted. All are held in memory, but for rows.
#ifndef HEED_CONVERTER_FAMILIES_COMPUTED_HPP
#define HEED_CONVERTER_FAMILIES_COMPUTED_HPP

#include "converter/graph/builder.hpp"
#include "converter/graph/constant.hpp"

#include <cstdint>
#include <string>

namespace heed::convert {

Constant computed(const std::string& name, Matrix matrix);
// Rows `first` to `first + rows`.
Constant slice(const Constant& constant, const std::string& suffix, std::int64_t first, std::int64_t rows);
// Columns `first` to `first + cols`.
Constant columns(const Constant& constant, const std::string& suffix, std::int64_t first, std::int64_t cols);
Constant transposed(const Constant& constant);
Constant reversed_rows(const Constant& constant);
Constant reversed_columns(const Constant& constant);
// Rows of length 1 (of zeros where a row is shorter than eps in all), read when asked.
Constant unit_rows(const Constant& constant, double eps);
// With a further row: the mean of the rows from `first` on. It stands for a user whom nobody has seen.
Constant with_mean_row(const Constant& constant, std::int64_t first);

// A user's embedding: the ids 0 to rows - 1 of the table, and one more, the default, for whom it does not
// know.
ValueId user_embedding(Builder& graph, const std::string& name, const Constant& table,
                       std::int64_t first_known);

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_COMPUTED_HPP
