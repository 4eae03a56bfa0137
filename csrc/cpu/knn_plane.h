// Distances to the k-th neighbour in the plane, Chebyshev metric, exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace synthkit {

struct PlanePoint {
  double x, y;
};

// A k-d tree over points of the plane: each node is halved at the median of its wider side down to leaves of 8 to 16
// points, so that the depth is log2(n / 16) whatever the points are. Nodes are numbered as in a heap: 2 i and 2 i + 1
// are the halves of i, 1 is the root. A leaf's points are asked for together, from the leaf outward, and a box is
// entered only where it is nearer to one of them than that point's k-th neighbour so far; "nearer", not "as near":
// equal points end the search at distance 0, and heavily tied columns are the quickest of all.
class PlaneTree {
 public:
  // Reorders the points. 2^30 of them at most.
  explicit PlaneTree(std::vector<PlanePoint>& points);

  // radii[i]: distance of points[i] (as reordered) to its k-th neighbour, itself left out. 1 <= k < points.size().
  void kth_distances(int32_t k, std::vector<double>& radii) const;

 private:
  struct Node {
    double x0, x1, y0, y1;  // the box around the node's points
    int32_t first, end;
  };
  struct Query;

  void build(size_t node, int32_t first, int32_t end);
  void visit(size_t node, Query& query) const;

  std::vector<PlanePoint>& points_;
  std::vector<Node> nodes_;
  size_t first_leaf_ = 1;
};

}  // namespace synthkit
