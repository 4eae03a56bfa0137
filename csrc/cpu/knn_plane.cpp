#include "cpu/knn_plane.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "common/knn.h"

namespace synthkit {

namespace {

constexpr int32_t kLeaf = 16;

// From here on a heap is quicker than a sorted row.
constexpr int32_t kHeap = 100;

// Puts a distance in the place of the largest of the k least so far; returns the largest now. A few are kept rising and
// shifted without branches, many as a heap.
double put(double* nearest, int32_t k, double distance) {
  if (k >= kHeap) {
    std::pop_heap(nearest, nearest + k);
    nearest[k - 1] = distance;
    std::push_heap(nearest, nearest + k);
    return nearest[0];
  }
  for (int32_t at = k - 1; at > 0; --at) {
    nearest[at] = larger(nearest[at - 1], nearest[at] < distance ? nearest[at] : distance);
  }
  nearest[0] = nearest[0] < distance ? nearest[0] : distance;
  return nearest[k - 1];
}

}  // namespace

// The points of one leaf, and what has been found for them. Lanes past `count` have radius 0: nothing is near enough.
struct PlaneTree::Query {
  int32_t k;
  int32_t count;
  std::array<double, kLeaf> x, y, radius;
  std::vector<double> nearest;  // [kLeaf, k], see put
};

PlaneTree::PlaneTree(std::vector<PlanePoint>& points) : points_(points) {
  const auto n = static_cast<int32_t>(points.size());
  while (n > kLeaf * static_cast<int64_t>(first_leaf_)) first_leaf_ *= 2;
  nodes_.resize(2 * first_leaf_);
  build(1, 0, n);
}

void PlaneTree::build(size_t node, int32_t first, int32_t end) {
  Node box{HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL, first, end};
  for (int32_t i = first; i < end; ++i) {
    const PlanePoint& p = points_[static_cast<size_t>(i)];
    box.x0 = std::min(box.x0, p.x);
    box.x1 = std::max(box.x1, p.x);
    box.y0 = std::min(box.y0, p.y);
    box.y1 = std::max(box.y1, p.y);
  }
  nodes_[node] = box;
  if (node >= first_leaf_) return;
  const int32_t middle = first + (end - first) / 2;
  const auto begin = points_.begin();
  if (box.x1 - box.x0 >= box.y1 - box.y0) {
    std::nth_element(begin + first, begin + middle, begin + end,
                     [](const PlanePoint& a, const PlanePoint& b) { return a.x < b.x; });
  } else {
    std::nth_element(begin + first, begin + middle, begin + end,
                     [](const PlanePoint& a, const PlanePoint& b) { return a.y < b.y; });
  }
  build(2 * node, first, middle);
  build(2 * node + 1, middle, end);
}

void PlaneTree::visit(size_t node, Query& q) const {
  const Node& box = nodes_[node];
  std::array<double, kLeaf> away;
  bool any = false;
  for (size_t i = 0; i < kLeaf; ++i) {
    // At most one of a side's differences is positive; inside of the box both are at most 0.
    const double dx = larger(box.x0 - q.x[i], q.x[i] - box.x1);
    const double dy = larger(box.y0 - q.y[i], q.y[i] - box.y1);
    away[i] = larger(larger(dx, dy), 0.0);
  }
  for (size_t i = 0; i < kLeaf; ++i) any |= away[i] < q.radius[i];
  if (!any) return;
  if (node < first_leaf_) {
    const Node &left = nodes_[2 * node], &right = nodes_[2 * node + 1];
    // Nearer half first, seen from the middle point: order changes the work, never the result.
    const double x = q.x[static_cast<size_t>(q.count / 2)], y = q.y[static_cast<size_t>(q.count / 2)];
    const auto far = [x, y](const Node& b) { return larger(larger(b.x0 - x, x - b.x1), larger(b.y0 - y, y - b.y1)); };
    const size_t nearer = far(right) < far(left) ? 1 : 0;
    visit(2 * node + nearer, q);
    visit(2 * node + 1 - nearer, q);
    return;
  }
  const std::span<const PlanePoint> points(&points_[static_cast<size_t>(box.first)],
                                           static_cast<size_t>(box.end - box.first));
  for (size_t i = 0; i < static_cast<size_t>(q.count); ++i) {
    if (!(away[i] < q.radius[i])) continue;
    double* nearest = &q.nearest[i * static_cast<size_t>(q.k)];
    // All distances first: a loop without branches takes two at a time.
    std::array<double, kLeaf> distance;
    for (size_t j = 0; j < points.size(); ++j) distance[j] = chebyshev(q.x[i], q.y[i], points[j].x, points[j].y);
    double radius = q.radius[i];
    for (size_t j = 0; j < points.size(); ++j) {
      if (distance[j] < radius) radius = put(nearest, q.k, distance[j]);
    }
    q.radius[i] = radius;
  }
}

void PlaneTree::kth_distances(int32_t k, std::vector<double>& radii) const {
  radii.resize(points_.size());
  const auto stride = static_cast<size_t>(k);
  Query q{k, 0, {}, {}, {}, std::vector<double>(kLeaf * stride)};
  for (size_t leaf = first_leaf_; leaf < 2 * first_leaf_; ++leaf) {
    const Node& own = nodes_[leaf];
    q.count = own.end - own.first;
    std::fill(q.nearest.begin(), q.nearest.end(), HUGE_VAL);
    q.radius.fill(0.0);
    for (size_t i = 0; i < static_cast<size_t>(q.count); ++i) {
      const PlanePoint& p = points_[static_cast<size_t>(own.first) + i];
      q.x[i] = p.x;
      q.y[i] = p.y;
      q.radius[i] = HUGE_VAL;
    }
    for (size_t i = 0; i < static_cast<size_t>(q.count); ++i) {
      double* nearest = &q.nearest[i * stride];
      for (size_t j = 0; j < static_cast<size_t>(q.count); ++j) {
        const double distance = chebyshev(q.x[i], q.y[i], q.x[j], q.y[j]);
        if (j != i && distance < q.radius[i]) q.radius[i] = put(nearest, k, distance);
      }
    }
    for (size_t node = leaf; node > 1; node /= 2) visit(node ^ 1, q);
    std::copy_n(q.radius.begin(), q.count, radii.begin() + own.first);
  }
}

}  // namespace synthkit
