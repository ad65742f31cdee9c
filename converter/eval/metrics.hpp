// Quality of rankings with one relevant item each, as leave-one-out evaluation has them.
//
// r is the rank of the relevant item among its competitors, 1 the best. With one relevant item:
//   HR@k        = 1 when r <= k, else 0. [Deshpande, Karypis: Item-based top-N recommendation algorithms,
//                 ACM TOIS 22(1), 2004]
//   recall@k    = hits / relevant items = HR@k
//   precision@k = hits / k = HR@k / k
//   NDCG@k      = 1 / log2(r + 1) when r <= k, else 0: the discounted gain; that of the ideal ranking is 1.
//                 [Jarvelin, Kekalainen: Cumulated gain-based evaluation of IR techniques, ACM TOIS 20(4),
//                 2002]
//   MRR@k       = 1 / r when r <= k, else 0. [Voorhees: The TREC-8 question answering track report, 1999]
// Each is averaged over users, every user with the same weight.
#ifndef HEED_CONVERTER_EVAL_METRICS_HPP
#define HEED_CONVERTER_EVAL_METRICS_HPP

#include <heed/span.hpp>

#include <cstdint>
#include <vector>

namespace heed::eval {

struct MetricsAtK {
  std::uint32_t k;
  double ndcg, recall, hr, precision, mrr;
};

// The metrics of one ranking. rank >= 1, k >= 1.
MetricsAtK metrics_at(std::uint64_t rank, std::uint32_t k) noexcept;

// The mean over `ranks` for each of `ks`, summed in the order of `ranks`, so that equal ranks give equal
// bits. Zero everywhere when there are no ranks.
std::vector<MetricsAtK> mean_metrics(Span<const std::uint64_t> ranks, Span<const std::uint32_t> ks);

// Whether an item of score `a` at catalogue index `a_index` ranks before one of score `b` at `b_index`: by
// score, equal scores by the lower index, NaN last. The order in which heed::Session returns items.
bool ranks_before(float a, std::uint64_t a_index, float b, std::uint64_t b_index) noexcept;

} // namespace heed::eval

#endif // HEED_CONVERTER_EVAL_METRICS_HPP
