#include "converter/readers/pickle_text.hpp"
#include "converter/readers/text.hpp"

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using namespace std::string_literals;

TEST(Text, Utf8) {
  for (const std::string& good : {""s, "a\0b"s, "\xc3\xa9"s, "\xe2\x82\xac"s, "\xed\x9f\xbf"s,
                                  "\xee\x80\x80"s, "\xf0\x9f\x98\x80"s, "\xf4\x8f\xbf\xbf"s}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const std::string& bad :
       {"\x80"s, "\xc3"s, "\xc0\x80"s, "\xc1\xbf"s, "\xe0\x9f\xbf"s, "\xed\xa0\x80"s, "\xf0\x8f\xbf\xbf"s,
        "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\xe2\x82"s, "\xe2\x28\xa1"s, "\xff"s}) {
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
  }
}

TEST(Text, InQuotes) {
  EXPECT_EQ(in_quotes("item_emb.weight"), "'item_emb.weight'");
  EXPECT_EQ(in_quotes("a\x1b\n\x7f\xc2\x9b\xff\xc3\xa9"), "'a\\x1b\\x0a\\x7f\\xc2\\x9b\\xff\xc3\xa9'");
  EXPECT_LE(in_quotes(std::string(1000, '\1')).size(), 130U);
  EXPECT_EQ(shape_text({}), "[]");
  EXPECT_EQ(shape_text({100, 50}), "[100, 50]");
}

TEST(Text, Latin1AndBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  std::string back;
  ASSERT_TRUE(is_utf8(utf8_from_latin1(all)));
  ASSERT_TRUE(latin1_from_utf8(utf8_from_latin1(all), &back));
  EXPECT_EQ(back, all);
  EXPECT_FALSE(latin1_from_utf8("\xc4\x80", &back)); // U+0100
  EXPECT_FALSE(latin1_from_utf8("\xc3", &back));
}

} // namespace
} // namespace heed::convert
