// What the per-instruction-set files offer to the sampler: random words turned into nodes.
#pragma once

#include <stdint.h>

#include "common/listops.h"

namespace synthkit {

constexpr int kListLanes = 16;  // Philox blocks at once
constexpr int kListBatch = 4 * kListLanes;
constexpr int kListSlack = 16;  // nodes that may be read beyond the last, so that runs are copied in whole vectors

// The nodes of words in order: what each is above the deepest level, and at it.
struct ListNodeBatch {
  alignas(64) ListNode shallow[kListBatch + kListSlack];
  alignas(64) ListNode deepest[kListBatch + kListSlack];
};

// Lane l holds block `block` + l of the stream; with `attempts` set, block `block` of attempt stream.attempt + l.
using DrawListNodes = void (*)(const ListStream& stream, uint32_t block, bool attempts, const ListRules& rules,
                               ListNodeBatch& out);

namespace baseline {
void draw_list_nodes(const ListStream&, uint32_t, bool, const ListRules&, ListNodeBatch&);
}
namespace avx2 {
void draw_list_nodes(const ListStream&, uint32_t, bool, const ListRules&, ListNodeBatch&);
}
namespace avx512 {
void draw_list_nodes(const ListStream&, uint32_t, bool, const ListRules&, ListNodeBatch&);
}

}  // namespace synthkit
