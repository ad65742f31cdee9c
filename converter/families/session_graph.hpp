// Recommenders of RecBole that read a session as a graph of its items:
//
//   SR-GNN  Wu et al., "Session-based Recommendation with Graph Neural Networks", AAAI 2019
//   GC-SAN  Xu et al., "Graph Contextualized Self-Attention Network for Session-based Recommendation", IJCAI
//   2019
#ifndef HEED_CONVERTER_FAMILIES_SESSION_GRAPH_HPP
#define HEED_CONVERTER_FAMILIES_SESSION_GRAPH_HPP

#include "converter/families/family.hpp"

namespace heed::convert {

const Family& srgnn_family();
const Family& gcsan_family();

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_SESSION_GRAPH_HPP
