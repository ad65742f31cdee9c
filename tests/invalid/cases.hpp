// Malformed models, one for each rule a reader must hold: how each is made, and the Status it must give.
#ifndef HEED_TESTS_INVALID_CASES_HPP
#define HEED_TESTS_INVALID_CASES_HPP

#include "tests/support/test_model.hpp"

#include <heed/status.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heed::test {

struct InvalidCase {
  std::string name;     // of the file, without .heed
  StatusCode code;      // what Model::open gives; with `only_verify`, what Model::verify gives after it
  std::string mentions; // part of the message
  std::function<std::vector<std::uint8_t>()> make;
  bool only_verify = false;
};

std::vector<InvalidCase> invalid_cases();

// Those of the files with these names.
void add_interface_cases(std::vector<InvalidCase>* cases);
void add_operator_cases(std::vector<InvalidCase>* cases);
void add_attention_cases(std::vector<InvalidCase>* cases);
void add_row_cases(std::vector<InvalidCase>* cases);

} // namespace heed::test

#endif // HEED_TESTS_INVALID_CASES_HPP
