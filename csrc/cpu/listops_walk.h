// Walks over a tree in the order in which it is written: each value, each operator's start, each operator's end.
#pragma once

#include <span>
#include <vector>

#include "common/listops.h"

namespace synthkit {

struct ListFrame {
  ListNode node;  // an operator that is open
  uint8_t left;   // its arguments still to come
};

// The tree must be whole. `open` is scratch. leaf(node, nested), start(node), end(node, nested); nested: is an
// argument.
template <typename Leaf, typename Start, typename End>
void walk_tree(std::span<const ListNode> nodes, std::vector<ListFrame>& open, Leaf&& leaf, Start&& start, End&& end) {
  if (open.size() < nodes.size() + 1) open.resize(nodes.size() + 1);
  ListFrame* top = open.data();  // the lowest frame is none: nothing ends there
  top->left = 0;
  for (const ListNode node : nodes) {
    if (is_operator(node)) {
      start(node);
      *++top = {node, static_cast<uint8_t>(arguments_of(node))};
      continue;
    }
    leaf(node, top != open.data());
    while (top != open.data() && --top->left == 0) {
      const ListNode ended = top->node;
      --top;
      end(ended, top != open.data());
    }
  }
}

}  // namespace synthkit
