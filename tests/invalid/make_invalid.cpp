// Writes every malformed model into a folder: make_invalid FOLDER.
#include "tests/invalid/cases.hpp"

#include <cstdio>
#include <fstream>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_invalid FOLDER\n");
    return 2;
  }
  for (const heed::test::InvalidCase& c : heed::test::invalid_cases()) {
    const std::vector<std::uint8_t> bytes = c.make();
    std::ofstream out(std::string(argv[1]) + "/" + c.name + ".heed", std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out) {
      std::fprintf(stderr, "cannot write %s\n", c.name.c_str());
      return 1;
    }
  }
  return 0;
}
