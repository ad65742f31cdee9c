// HEED_ISA names what no machine has: CTest sets it to "abacus".
#include "tests/runtime/session/session_fixture.hpp"

namespace heed::test {
namespace {

TEST(UnknownIsa, IsAnErrorThatNamesTheVariable) {
  const Opened opened({});
  const Result<Session> session = Session::create(opened.model);
  ASSERT_FALSE(session.ok());
  EXPECT_EQ(session.status().code(), StatusCode::isa_unsupported);
  EXPECT_NE(session.status().message().find("HEED_ISA"), std::string::npos) << session.status().message();
  EXPECT_STREQ(active_isa(), "");
}

} // namespace
} // namespace heed::test
