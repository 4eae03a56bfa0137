// Shapes: points and pixels worked by hand.
#include "cpu/shapes.h"

#include <vector>

#include "common/shapes.h"
#include "tests/check.h"

using namespace synthkit;

namespace {

std::vector<uint8_t> image_of(int32_t kind, ShapePose pose, size_t canvas, size_t fineness, int threads = 1) {
  const int32_t kinds[] = {kind};
  const uint8_t ink[] = {200}, paper[] = {0};
  std::vector<uint8_t> image(canvas * canvas, 7);
  draw_shapes({kinds, {&pose, 1}, ink, paper, 1, canvas, fineness}, image, threads);
  return image;
}

void turns() {
  const Turn quarters[] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  for (int k = -8; k <= 8; ++k) {
    const Turn found = turn_of(90.0 * k);
    CHECK(found.cosine == quarters[k & 3].cosine && found.sine == quarters[k & 3].sine, "%d", k);
  }
  const Turn found = turn_of(30.0);
  CHECK(size_of(found.cosine - 0.8660254037844386) <= 1e-15 && size_of(found.sine - 0.5) <= 1e-15);
}

void points() {
  CHECK(in_square(0.7, 0.7) && !in_square(0.71, 0.0));
  CHECK(in_ellipse(1.0, 0.0) && in_ellipse(0.0, 0.5) && !in_ellipse(0.0, 0.51) && !in_ellipse(0.8, 0.4));
  CHECK(in_triangle(0.0, 1.0) && in_triangle(0.86, -0.5) && !in_triangle(0.0, -0.51) && !in_triangle(0.5, 0.5));
  CHECK(in_cross(0.9, 0.3) && in_cross(-0.3, -0.9) && !in_cross(0.4, 0.4));
  // The notch between the lobes is at b = 1, the tip at b = -1: v = 1 / 1.42454... = 0.70198.
  CHECK(in_heart(0.0, 0.701) && !in_heart(0.0, 0.703) && in_heart(0.0, -0.701) && !in_heart(0.0, -0.703));
  CHECK(in_heart(0.5, 0.6) && !in_heart(0.5, -0.6));
}

void pixels() {
  CHECK(mixed(200, 0, 4, 4) == 200 && mixed(200, 0, 1, 4) == 50 && mixed(1, 0, 2, 4) == 1 &&
        mixed(0, 255, 1, 16) == 239);
  // A square of side 2 (its circle's diameter is 2 sqrt 2 and a little) in the middle of 4 x 4 pixels.
  const auto square = image_of(kSquare, {2.0, 2.0, 2.8285, 0.0}, 4, 1);
  for (size_t i = 0; i < 16; ++i) {
    const bool inside = (i / 4 == 1 || i / 4 == 2) && (i % 4 == 1 || i % 4 == 2);
    CHECK(square[i] == (inside ? 200 : 0), "pixel %zu: %d", i, square[i]);
  }
  // Turned by 45 degrees its corners are at the middles of the sides: half of each pixel of the inner ones is lost.
  const auto turned = image_of(kSquare, {2.0, 2.0, 4.0, 45.0}, 4, 16);
  CHECK(turned[5] == 200 && turned[0] == 0 && turned[1] == turned[4] && turned[1] > 90 && turned[1] < 110, "%d",
        turned[1]);
}

}  // namespace

int main() {
  turns();
  points();
  pixels();
  return synthkit::test::finish("shapes");
}
