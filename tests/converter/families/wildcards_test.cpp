// Patterns over names: '#' for a number, '*' for any text.
#include "converter/families/wildcards.hpp"

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

// What the wildcards stand for, in one list, or "no match".
std::string matched(const std::string& pattern, const std::string& name) {
  const auto found = match_wildcards(pattern, name);
  if (!found) return "no match";
  std::string text;
  for (const std::string& number : found->numbers) text += "#" + number;
  for (const std::string& any : found->texts) text += "*" + any;
  return text;
}

TEST(Wildcards, Plain) {
  EXPECT_EQ(matched("", ""), "");
  EXPECT_EQ(matched("a.b", "a.b"), "");
  EXPECT_EQ(matched("a.b", "a.bc"), "no match");
  EXPECT_EQ(matched("a.bc", "a.b"), "no match");
  EXPECT_EQ(matched("", "a"), "no match");
  EXPECT_EQ(matched("a", ""), "no match");
}

TEST(Wildcards, Numbers) {
  EXPECT_EQ(matched("layer.#.w", "layer.12.w"), "#12");
  EXPECT_EQ(matched("l#.m#", "l0.m345"), "#0#345");
  EXPECT_EQ(matched("layer.#.w", "layer..w"), "no match");
  EXPECT_EQ(matched("layer.#.w", "layer.x.w"), "no match");
  EXPECT_EQ(matched("#", "007"), "#007");
  EXPECT_EQ(matched("#1", "21"), "no match"); // a number is all of its digits
  EXPECT_EQ(matched("##", "21"), "no match");
}

TEST(Wildcards, Texts) {
  EXPECT_EQ(matched("*", ""), "*");
  EXPECT_EQ(matched("*", "anything"), "*anything");
  EXPECT_EQ(matched("*.w", "a.w.w"), "*a.w");
  EXPECT_EQ(matched("a*b*c", "a1b2b3c"), "*1*2b3");
  EXPECT_EQ(matched("**", "ab"), "**ab");
  EXPECT_EQ(matched("*b*", "abab"), "*a*ab");
  EXPECT_EQ(matched("a*b", "a"), "no match");
  EXPECT_EQ(matched("*#*", "ab12cd"), "#12*ab*cd");
  EXPECT_EQ(matched("*#", "ab1c22"), "#22*ab1c");
  EXPECT_EQ(matched("*.#.*.w", "m.layer.3.q.w"), "#3*m.layer*q");
  EXPECT_EQ(matched("*a#z", "a1ya2z"), "#2*a1y");
}

TEST(Wildcards, ManyTextsTakeNoTimeThatExplodes) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_EQ(matched(pattern + "b", std::string(1000, 'a')), "no match");
}

TEST(Wildcards, Filled) {
  const auto fill = [](const std::string& pattern, const std::string& name, const std::string& text) {
    return fill_wildcards(text, *match_wildcards(pattern, name));
  };
  EXPECT_EQ(fill("h.#.*", "h.3.q.w", "layer.#.attention.*"), "layer.3.attention.q.w");
  EXPECT_EQ(fill("h.#.*", "h.3.q", "*.#"), "q.3"); // each kind in its own order
  EXPECT_EQ(fill("#.#", "1.2", "a#b#"), "a1b2");
  EXPECT_EQ(fill("a", "a", "b"), "b");
}

} // namespace
} // namespace heed::convert
