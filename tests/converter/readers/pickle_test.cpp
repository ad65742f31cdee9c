// The pickle machine alone.
#include "converter/readers/fields.hpp"
#include "converter/readers/hyperparameters.hpp"
#include "converter/readers/pickle.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

using namespace std::string_literals;
using nlohmann::json;

struct Pickle {
  explicit Pickle(std::string content)
      : bytes(std::move(content)), root(read_pickle(bytes, position, heap)) {}
  std::string bytes;
  Heap heap;
  std::size_t position = 0;
  Value root;
};

StatusCode code_of(const std::string& bytes) {
  try {
    const Pickle pickle(bytes);
    return StatusCode::ok;
  } catch (const Error& error) {
    return error.code();
  }
}

TEST(Pickle, ReadsPlainObjectsOfEveryProtocol) {
  const json expected = json::parse(read_file(data_path("objects.json")));
  for (int protocol = 0; protocol <= 5; ++protocol) {
    const Pickle pickle(read_file(data_path("objects" + std::to_string(protocol) + ".pickle")));
    const json actual = plain_json(pickle.root);
    ASSERT_TRUE(actual.is_object()) << protocol;
    for (const auto& [key, value] : expected.items()) {
      EXPECT_EQ(actual.value(key, json("missing")), value) << "protocol " << protocol << ", " << key;
    }
    EXPECT_EQ(pickle.position, pickle.bytes.size());
  }
}

// Opcodes that no current writer uses, and the forms of Python 2.
TEST(Pickle, ReadsRareOpcodes) {
  const std::pair<std::string, json> cases[] = {
      {"I01\n.", true},
      {"I00\n.", false},
      {"I-12\n.", -12},
      {"L-12L\n.", -12},
      {"F-1.5e3\n.", -1500.0},
      {"S'a\\x41\\n\\'b'\n.", "aA\n'b"},
      {"S\"it's\"\n.", "it's"},
      {"V\\u00e9\\U0001f600\\q\n.", "\xc3\xa9\xf0\x9f\x98\x80\\q"},
      {"V\xe9\n.", "\xc3\xa9"},
      {"T\x02\0\0\0ab."s, "ab"},
      {"U\x02"s + "ab.", "ab"},
      {"\x8c\x02"s + "ab.", "ab"},
      {"\x8d\x02\0\0\0\0\0\0\0ab."s, "ab"},
      {"\x8a\0."s, 0},
      {"\x8a\x01\xff."s, -1},
      {"\x8b\x02\0\0\0\0\x80."s, -32768},
      {"G\x3f\xf8\0\0\0\0\0\0."s, 1.5},
      {"(K\1K\2l."s, {1, 2}},
      {"(K\1K\2t."s, {1, 2}},
      {"(K\1K\2d."s, {{"1", 2}}},
      {"]K\1a."s, {1}},
      {"\x8f(K\1\x90."s, {1}},
      {"(K\1\x91."s, {1}},
      {"K\1K\0020."s, 1},               // POP
      {"K\1(K\2K\0031."s, 1},           // POP_MARK
      {"K\1(0."s, 1},                   // POP of a mark
      {"K\0012\x86."s, {1, 1}},         // DUP
      {"K\7p5\nK\1g5\n\x86."s, {1, 7}}, // PUT, GET; Python 2 numbers from 1
      {"K\7q\1K\1h\1\x86."s, {1, 7}},   // BINPUT, BINGET
      {"K\7r\1\0\0\0K\1j\1\0\0\0\x86."s, {1, 7}},
      {"K\7\x94K\1h\0\x86."s, {1, 7}},                  // MEMOIZE
      {"\x95\xff\xff\xff\xff\xff\xff\xff\xffK\1."s, 1}, // FRAME
      {"(iargparse\nNamespace\n}U\1aK\1sb."s, {{"a", 1}}},
      {"(cargparse\nNamespace\no}U\1aK\1sb."s, {{"a", 1}}},
      {"cargparse\nNamespace\n)\x81}U\1aK\1sb."s, {{"a", 1}}},
      {"cargparse\nNamespace\n)}U\1aK\1s\x92."s, {{"a", 1}}},
      {"U\x08"s + "argparseU\x09Namespace\x93)\x81}U\1aK\1sb."s, {{"a", 1}}},
      {"N.", nullptr},
      {"\x8b\x09\0\0\0\0\0\0\0\0\0\0\0\1."s, nullptr}, // past 64 bits: not plain
      {"L123456789012345678901234567890L\n.", nullptr},
      {"B\1\0\0\0a."s, nullptr},
      {"\x96\1\0\0\0\0\0\0\0a."s, nullptr},
      {"\x82\1."s, nullptr},
      {"Pid\n.", nullptr},
      {"K\1Q."s, nullptr},
  };
  for (const auto& [bytes, expected] : cases) {
    const Pickle pickle(bytes);
    EXPECT_EQ(plain_json(pickle.root), expected) << testing::PrintToString(bytes);
  }
}

TEST(Pickle, RecordsCallsWithoutMakingThem) {
  const Pickle pickle("cos\nsystem\n(U\x04true"s + "tR.");
  ASSERT_NE(pickle.root.record(), nullptr);
  EXPECT_EQ(global_name(pickle.root), "os.system");
  EXPECT_EQ(argument(*pickle.root.record(), 0).text(), "true");
  EXPECT_EQ(pickle.heap.records().size(), 1U);
}

TEST(Pickle, RefusesWhatIsNoPickle) {
  for (const std::string& bytes : {
           ""s,
           "."s,
           "\xff."s,
           "K"s,
           "K\1"s,
           "X\xff\xff\xff\xff"s,
           "T\xff\xff\xff\xff."s, // ends too early
           "\x8b\xff\xff\xff\xff."s,
           "\x8d\xff\xff\xff\xff\xff\xff\xff\xff."s,
           "I12."s,
           "cos\n"s, // lengths, lines
           "Ix\n."s,
           "I\n."s,
           "Fx\n."s,
           "F\n."s,
           "Sx\n."s,
           "S'\n."s,
           "S'\\xg0'\n."s, // texts
           "0."s,
           "2."s,
           "1."s,
           "t."s,
           "\x85."s,
           "K\1\x86."s,
           "(\x85."s,
           "K\1(R."s,
           "R."s,
           "b."s, // stack
           "(o."s,
           "a."s,
           "K\1K\2a."s,
           "K\1(K\2e."s,
           "]K\1s."s,
           "}K\1(K\2u."s,
           "K\1(u."s,
           "}(K\1u."s,
           "(K\1d."s,
           "K\1K\2\x93."s,
           "q\0."s,
           "h\0."s,
           "g1\n."s,
           "j\0\0\0\0."s,
           "K\1q\5h\4."s, // memo
           "K\1r\xff\xff\xff\xff."s,
           "K\1p99999999999999999999\n."s,
           "K\1p-1\n."s,
       }) {
    EXPECT_EQ(code_of(bytes), StatusCode::checkpoint_malformed) << testing::PrintToString(bytes);
  }
  EXPECT_EQ(code_of("\x80\x06N."s), StatusCode::checkpoint_unsupported); // a protocol of the future
  EXPECT_EQ(code_of("\x97."s), StatusCode::checkpoint_unsupported);      // data outside the file
}

TEST(Fields, SeeMappingsAndInstancesAlike) {
  Steps steps;
  for (const std::string& bytes : {
           "}U\1aK\7s."s,                                   // dict
           "ccollections\nOrderedDict\n)RU\1aK\7s."s,       // Python 3
           "ccollections\nOrderedDict\n(](]U\1aaK\7aetR."s, // Python 2: a list of [key, value]
           "cargparse\nNamespace\n)\x81}U\1aK\7sb."s,       // attributes
           "cx\nY\n)\x81N}U\1aK\7s\x86"s + "b."s,           // __slots__
           "}U\1aK\1sU\1aK\7s."s,                           // the later of two
       }) {
    const Pickle pickle(bytes);
    const auto found = field(pickle.root, "a", steps);
    ASSERT_TRUE(found) << testing::PrintToString(bytes);
    EXPECT_EQ(found->integer(), 7);
    EXPECT_FALSE(field(pickle.root, "b", steps));
  }
}

} // namespace
} // namespace heed::convert::test
