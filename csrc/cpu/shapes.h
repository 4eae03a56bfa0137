// Images of one shape each, by counting the points of a fine grid that are inside of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace synthkit {

constexpr size_t kMaxCanvas = 256;
constexpr size_t kMaxFineness = 16;

// Lengths in pixels from the canvas's top left corner; `size` is the diameter of the circle about the shape, degrees
// turn it counter-clockwise.
struct ShapePose {
  double x, y, size, degrees;
};

struct ShapeBatch {
  std::span<const int32_t> kinds;    // [n], ShapeKind
  std::span<const ShapePose> poses;  // [n]
  std::span<const uint8_t> inks;     // [n, channels]
  std::span<const uint8_t> papers;   // [n, channels]
  size_t channels;
  size_t canvas;    // height and width, up to kMaxCanvas
  size_t fineness;  // points a pixel in each direction, up to kMaxFineness
};

// Writes [n, canvas, canvas, channels]. What lies outside of the canvas is not drawn.
void draw_shapes(const ShapeBatch& batch, std::span<uint8_t> images, int threads);

}  // namespace synthkit
