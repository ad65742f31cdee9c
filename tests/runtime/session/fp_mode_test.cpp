// A caller that rounds otherwise, or flushes subnormals, gets the same bits, and keeps its mode.
#include "tests/runtime/session/session_fixture.hpp"

#include <cfenv>
#include <cstring>
#include <string>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace heed::test {
namespace {

struct Answer {
  std::vector<float> vector, scores, best;

  bool operator==(const Answer& other) const {
    return same(vector, other.vector) && same(scores, other.scores) && same(best, other.best);
  }
  static bool same(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
  }
};

Answer answer(const Opened& opened, Session& session) {
  const Ids history = opened.ids(some_rows(6, 37));
  Answer a{std::vector<float>(opened.model.dim()), std::vector<float>(37), {}};
  EXPECT_TRUE(session.encode(history, UnknownItem::error, a.vector).ok());
  EXPECT_TRUE(session.score(history, opened.encoder.ids, UnknownItem::error, a.scores).ok());
  std::vector<Recommendation> best(10);
  EXPECT_TRUE(session.recommend(history, best.size(), {}, best).ok());
  for (const Recommendation& r : best) a.best.push_back(r.score);
  return a;
}

class CallersMode : public testing::TestWithParam<bool> {
 protected:
  EncoderOptions options() const {
    EncoderOptions o;
    o.int8 = GetParam();
    return o;
  }
};
std::string precision_name(const testing::TestParamInfo<bool>& info) {
  return info.param ? "int8" : "fp32";
}
INSTANTIATE_TEST_SUITE_P(Precision, CallersMode, testing::Bool(), precision_name);

TEST_P(CallersMode, RoundingChangesNothing) {
  const Opened opened(options());
  Session session = opened.session();
  const Answer usual = answer(opened, session);
  for (const int mode : {FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO}) {
    std::fesetround(mode);
    const Answer other = answer(opened, session);
    const int after = std::fegetround();
    std::fesetround(FE_TONEAREST);
    EXPECT_TRUE(other == usual) << "rounding mode " << mode;
    EXPECT_EQ(after, mode);
  }
}

#if defined(__SSE2__)
TEST_P(CallersMode, FlushingSubnormalsChangesNothing) {
  const Opened opened(options());
  Session session = opened.session();
  const Answer usual = answer(opened, session);
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u); // flush to zero, denormals are zero
  const Answer other = answer(opened, session);
  const unsigned after = _mm_getcsr();
  _mm_setcsr(before);
  EXPECT_TRUE(other == usual);
  EXPECT_EQ(after & 0x8040u, 0x8040u);
}
#endif

} // namespace
} // namespace heed::test
