// Images: every shape, in poses all over the canvas and beyond its border, every second one on a lattice of numbers
// where points of the grid lie on the shape's edges.
#include "common/shapes.h"
#include "cpu/shapes.h"
#include "tests/hashes.h"

namespace synthkit::test {

void hash_shapes(Hashes& hashes) {
  constexpr const char* kNames[kShapeKinds] = {"square", "ellipse", "triangle", "cross", "heart"};
  constexpr size_t kImages = 30, kChannels = 3, kCanvas = 48;
  std::vector<ShapePose> poses;
  for (size_t i = 0; i < kImages; ++i) {
    ShapePose pose{48.0 * uniform_at(20, i), 48.0 * uniform_at(21, i), 1.0 + 50.0 * uniform_at(22, i),
                   1440.0 * uniform_at(23, i) - 720.0};
    if (i % 2 == 1) {
      const auto whole = [](double number, int step) { return double(static_cast<int>(number) / step * step); };
      pose = {whole(pose.x, 2), whole(pose.y, 2), 10.0 + whole(pose.size, 10), whole(pose.degrees, 15)};
    }
    poses.push_back(pose);
  }
  const auto inks = wholes<uint8_t>(24, kImages * kChannels, 256), papers = wholes<uint8_t>(25, inks.size(), 256);
  for (int32_t kind = 0; kind < kShapeKinds; ++kind) {
    const std::vector<int32_t> kinds(kImages, kind);
    std::vector<uint8_t> images(kImages * kCanvas * kCanvas * kChannels);
    draw_shapes({kinds, poses, inks, papers, kChannels, kCanvas, 5}, images, kHashThreads);
    hashes[std::string("shape ") + kNames[kind]] = hash_of(images);
  }
}

}  // namespace synthkit::test
