#include "cpu/shapes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/shapes.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr size_t kImagesPerTask = 64;

// Pixels [first, last) that a circle may reach along one axis.
struct Reach {
  size_t first, last;
};

Reach reach_of(double centre, double radius, size_t canvas) {
  const double limit = double(canvas);
  const double low = std::clamp(std::floor(centre - radius), 0.0, limit);
  const double high = std::clamp(std::ceil(centre + radius), 0.0, limit);
  return {size_t(low), size_t(high)};
}

// How many points of each pixel of a row are inside; doubles, so that a compiler counts several pixels at once.
using Counts = std::array<double, kMaxCanvas>;

template <typename Inside>
void count_row(const ShapePose& pose, double cosine, double sine, size_t row, Reach columns, size_t fineness,
               Counts& counts, Inside inside) {
  const double step = 1.0 / double(2 * fineness);
  std::fill(counts.begin() + std::ptrdiff_t(columns.first), counts.begin() + std::ptrdiff_t(columns.last), 0.0);
  for (size_t i = 0; i < fineness; ++i) {
    const double dy = pose.y - (double(row) + double(2 * i + 1) * step);
    for (size_t j = 0; j < fineness; ++j) {
      const double offset = double(2 * j + 1) * step;
      for (size_t k = columns.first; k < columns.last; ++k) {
        const double dx = (double(int32_t(k)) + offset) - pose.x;
        counts[k] += inside(cosine * dx + sine * dy, cosine * dy - sine * dx) ? 1.0 : 0.0;
      }
    }
  }
}

template <typename Inside>
void draw(const ShapeBatch& batch, size_t i, uint8_t* image, Inside inside) {
  const ShapePose& pose = batch.poses[i];
  const size_t canvas = batch.canvas, channels = batch.channels;
  const uint8_t* ink = batch.inks.data() + i * channels;
  const uint8_t* paper = batch.papers.data() + i * channels;
  for (size_t p = 0; p < canvas * canvas * channels; p += channels) std::copy_n(paper, channels, image + p);

  const double radius = 0.5 * pose.size;
  const Turn turn = turn_of(pose.degrees);
  const double cosine = turn.cosine / radius, sine = turn.sine / radius;
  const Reach rows = reach_of(pose.y, radius, canvas), columns = reach_of(pose.x, radius, canvas);
  const auto samples = uint32_t(batch.fineness * batch.fineness);
  Counts counts;
  for (size_t row = rows.first; row < rows.last; ++row) {
    count_row(pose, cosine, sine, row, columns, batch.fineness, counts, inside);
    for (size_t k = columns.first; k < columns.last; ++k) {
      const auto covered = uint32_t(counts[k]);
      if (covered == 0) continue;
      uint8_t* pixel = image + (row * canvas + k) * channels;
      for (size_t c = 0; c < channels; ++c) pixel[c] = mixed(ink[c], paper[c], covered, samples);
    }
  }
}

void draw_one(const ShapeBatch& batch, size_t i, uint8_t* image) {
  switch (batch.kinds[i]) {
    case kSquare:
      return draw(batch, i, image, [](double u, double v) { return in_square(u, v); });
    case kEllipse:
      return draw(batch, i, image, [](double u, double v) { return in_ellipse(u, v); });
    case kTriangle:
      return draw(batch, i, image, [](double u, double v) { return in_triangle(u, v); });
    case kCross:
      return draw(batch, i, image, [](double u, double v) { return in_cross(u, v); });
    default:
      return draw(batch, i, image, [](double u, double v) { return in_heart(u, v); });
  }
}

}  // namespace

void draw_shapes(const ShapeBatch& batch, std::span<uint8_t> images, int threads) {
  const size_t n = batch.kinds.size(), bytes = batch.canvas * batch.canvas * batch.channels;
  parallel_for((n + kImagesPerTask - 1) / kImagesPerTask, threads, [&](size_t task) {
    for (size_t i = task * kImagesPerTask; i < std::min((task + 1) * kImagesPerTask, n); ++i) {
      draw_one(batch, i, images.data() + i * bytes);
    }
  });
}

}  // namespace synthkit
