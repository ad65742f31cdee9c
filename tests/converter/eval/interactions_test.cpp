#include "converter/error.hpp"
#include "converter/eval/interactions.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace heed::eval {
namespace {

using Ids = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

Ids history(const Interactions& data, std::size_t user) {
  const Span<const std::int64_t> events = data.history(user);
  return Ids(events.begin(), events.end());
}

// The message of the data_mismatch that reading `text` gives.
std::string refusal(const std::string& text) {
  try {
    (void)parse_interactions(text, "file");
  } catch (const convert::Error& error) {
    EXPECT_EQ(error.code(), StatusCode::data_mismatch);
    return error.what();
  }
  ADD_FAILURE() << "accepted: " << text;
  return {};
}

void expect_refusal(const std::string& text, const std::string& part) {
  const std::string message = refusal(text);
  EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
}

TEST(Pairs, GroupsByUserInTheOrderOfTheFile) {
  const Interactions data = parse_interactions("7 30\n7 10\n8 20\n7 20\n8 5\n", "file");
  EXPECT_EQ(data.format, InteractionsFormat::pairs);
  EXPECT_EQ(data.users, (Names{"7", "8"}));
  EXPECT_EQ(history(data, 0), (Ids{30, 10, 20}));
  EXPECT_EQ(history(data, 1), (Ids{20, 5}));
  EXPECT_EQ(data.lines, (std::vector<std::uint32_t>{1, 2, 4, 3, 5}));
  EXPECT_EQ(data.recognised, "'user item' lines (line 2 repeats a user)");
}

TEST(Pairs, TabsRunsOfSpacesCrLfBlankLinesByteOrderMarkNoLastNewline) {
  const Interactions data = parse_interactions("\xEF\xBB\xBF"
                                               "7\t30\r\n\r\n  7   10 \r\n8 20\n \t\n8 -4",
                                               "file");
  EXPECT_EQ(data.users, (Names{"7", "8"}));
  EXPECT_EQ(history(data, 0), (Ids{30, 10}));
  EXPECT_EQ(history(data, 1), (Ids{20, -4}));
  EXPECT_EQ(data.lines, (std::vector<std::uint32_t>{1, 3, 4, 6}));
}

TEST(Pairs, UsersMayBeAnyText) {
  const Interactions data = parse_interactions("A3SGXH7AUHU8GW 1\nA3SGXH7AUHU8GW 2\nanna 3\n", "file");
  EXPECT_EQ(data.users, (Names{"A3SGXH7AUHU8GW", "anna"}));
}

TEST(Pairs, LimitsOfIds) {
  const Interactions data = parse_interactions("1 9223372036854775807\n1 -9223372036854775808\n", "file");
  EXPECT_EQ(history(data, 0), (Ids{INT64_MAX, INT64_MIN}));
  expect_refusal("1 9223372036854775808\n", "line 1, column 3: '9223372036854775808' is not an item id");
}

TEST(Pairs, EveryUserOnceIsPairsToo) {
  const Interactions data = parse_interactions("1 10\n2 20\n", "file");
  EXPECT_EQ(data.format, InteractionsFormat::pairs);
  EXPECT_EQ(data.recognised, "'user item' lines (every line has two fields)");
}

TEST(Pairs, Refusals) {
  expect_refusal("1 10\n1 x7\n", "file, line 2, column 3: 'x7' is not an item id (a whole number)");
  expect_refusal("1 10\n1 1.5\n", "'1.5' is not an item id");
  expect_refusal("1 10\n1 +5\n", "'+5' is not an item id");
  expect_refusal("1 10\n1\n", "file, line 2, column 1: '1' stands alone");
  expect_refusal("1 10\n1 20\n2 30 40\n",
                 "file, line 3, column 6: a third field among 'user item' lines (line 2 ");
  expect_refusal("1,10\n1,20\n", "line 1, column 1: '1,10' stands alone");
  expect_refusal("", "no interactions");
  expect_refusal("\n \n", "no interactions");
}

TEST(Sequences, OneUserALine) {
  const Interactions data = parse_interactions("1 10 20 30\n2 40\n3 50 50\n", "file");
  EXPECT_EQ(data.format, InteractionsFormat::sequences);
  EXPECT_EQ(data.users, (Names{"1", "2", "3"}));
  EXPECT_EQ(history(data, 0), (Ids{10, 20, 30}));
  EXPECT_EQ(history(data, 1), (Ids{40}));
  EXPECT_EQ(history(data, 2), (Ids{50, 50}));
  EXPECT_EQ(data.recognised, "'user item item ...' lines (line 1 has several items)");
}

TEST(Sequences, ShortLinesFirst) {
  const Interactions data = parse_interactions("1 10\n2 40\n3 50 60\n", "file");
  EXPECT_EQ(data.format, InteractionsFormat::sequences);
  EXPECT_EQ(data.recognised, "'user item item ...' lines (line 3 has several items)");
}

TEST(Sequences, Refusals) {
  expect_refusal("1 10 20\n1 30\n", "file, line 2, column 1: a second line of user '1'");
  // ML-1M's own columns without a header: user, item, rating, time.
  expect_refusal("1 1193 5 978300760\n1 661 3 978302109\n",
                 "user_id:token<TAB>item_id:token<TAB>timestamp:float");
  expect_refusal("1 10 20 b 30\n", "line 1, column 9: 'b' is not an item id");
}

TEST(Table, SortsByTimeKeepingEqualTimesInOrder) {
  const Interactions data = parse_interactions("user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
                                               "u\t1\t5\t30\n"
                                               "v\t9\t5\t1\n"
                                               "u\t2\t5\t10\n"
                                               "u\t3\t5\t10.5\n"
                                               "u\t4\t5\t10\n"
                                               "u\t5\t5\t-1e1\n",
                                               "file");
  EXPECT_EQ(data.format, InteractionsFormat::table);
  EXPECT_EQ(history(data, 0), (Ids{5, 2, 4, 3, 1}));
  EXPECT_EQ(history(data, 1), (Ids{9}));
  EXPECT_EQ(data.lines, (std::vector<std::uint32_t>{7, 4, 6, 5, 2, 3}));
}

TEST(Table, WithoutTimesKeepsTheOrderOfTheFile) {
  const Interactions data =
      parse_interactions("item_id:token\tsession_id:token\n5\ta\n4\ta\n\n6\tb\n", "file");
  EXPECT_EQ(history(data, 0), (Ids{5, 4}));
  EXPECT_NE(data.recognised.find("no column 'timestamp'"), std::string::npos);
  EXPECT_NE(data.recognised.find("'session_id'"), std::string::npos);
}

TEST(Table, TimesFollowTheEvents) {
  const Interactions data =
      parse_interactions("user_id\titem_id\ttimestamp\n1\t5\t20.5\n2\t9\t7\n1\t6\t10\n1\t7\t20.5\n", "file");
  EXPECT_EQ(history(data, 0), (Ids{6, 5, 7}));
  EXPECT_EQ(data.times, (std::vector<double>{10, 20.5, 20.5, 7}));
  EXPECT_TRUE(parse_interactions("user_id\titem_id\n1\t5\n", "file").times.empty());
  EXPECT_TRUE(parse_interactions("1 5\n1 6\n", "file").times.empty());
}

TEST(CountItems, OverAllUsers) {
  using Counts = std::map<std::int64_t, std::int64_t>;
  EXPECT_EQ(count_items(parse_interactions("7 30\n7 10\n8 30\n7 30\n8 -5\n", "file")),
            (Counts{{-5, 1}, {10, 1}, {30, 3}}));
}

TEST(Table, HeaderWithoutTypes) {
  const Interactions data =
      parse_interactions("user_id\titem_id\ttimestamp\r\n1\t5\t2\r\n1\t6\t1\r\n", "file");
  EXPECT_EQ(history(data, 0), (Ids{6, 5}));
}

TEST(Table, Refusals) {
  const std::string header = "user_id:token\titem_id:token\ttimestamp:float\n";
  expect_refusal(header, "no interactions");
  expect_refusal(header + "1\t2\n", "file, line 2, column 3: 2 fields where the header names 3");
  expect_refusal(header + "1\t2\t3\t4\n", "file, line 2, column 7: 4 fields where the header names 3");
  expect_refusal(header + "1\tB00X\t3\n", "file, line 2, column 3: 'B00X' is not an item id");
  expect_refusal(header + "1\t2\tnoon\n", "file, line 2, column 5: 'noon' is not a number");
  expect_refusal(header + "1\t2\tnan\n", "file, line 2, column 5: 'nan' is not a number");
  expect_refusal(header + "1\t2\t\n", "file, line 2, column 5: '' is not a number");
  expect_refusal(header + "\t2\t3\n", "file, line 2, column 1: an event without a user");
  expect_refusal("uid:token\titem_id:token\n1\t2\n", "needs a column 'user_id'");
  expect_refusal("user_id:token\tproduct:token\n1\t2\n", "needs a column 'item_id'");
}

TEST(Read, MissingFileAndFolder) {
  try {
    (void)read_interactions("/nonexistent/interactions.txt");
    FAIL();
  } catch (const convert::Error& error) {
    EXPECT_EQ(error.code(), StatusCode::file_not_found);
  }
  try {
    (void)read_interactions("/");
    FAIL();
  } catch (const convert::Error& error) {
    EXPECT_EQ(error.code(), StatusCode::io_error);
  }
}

} // namespace
} // namespace heed::eval
