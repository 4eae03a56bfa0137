// Plane shapes that touch the circle of radius 1 about the origin and stay inside of it; u is to the right, v is up.
// Nothing but IEEE + - * / and comparisons, so an image has the same bits on any machine.
#pragma once

#include "common/config.h"
#include "common/elementary.h"

namespace synthkit {

enum ShapeKind : int32_t { kSquare, kEllipse, kTriangle, kCross, kHeart, kShapeKinds };

SK_HD double size_of(double value) { return value < 0.0 ? -value : value; }

// |u|, |v| <= 1 / sqrt(2).
SK_HD bool in_square(double u, double v) {
  constexpr double half = 0.7071067811865476;
  return (size_of(u) <= half) & (size_of(v) <= half);
}

// Half axes 1 and 1/2.
SK_HD bool in_ellipse(double u, double v) { return u * u + 4.0 * (v * v) <= 1.0; }

// Equilateral, one corner up.
SK_HD bool in_triangle(double u, double v) {
  constexpr double slope = 0.8660254037844386;  // sqrt(3) / 2
  return (v >= -0.5) & (slope * size_of(u) + 0.5 * v <= 0.5);
}

// Five equal squares; the outer corners are at (3, 1) / sqrt(10).
SK_HD bool in_cross(double u, double v) {
  constexpr double reach = 0.9486832980505138, half = 0.31622776601683794;
  const double a = size_of(u), b = size_of(v);
  return ((a <= reach) & (b <= half)) | ((a <= half) & (b <= reach));
}

// (a^2 + b^2 - 1)^3 <= a^2 b^3, whose farthest points are 1.4245... from the origin.
SK_HD bool in_heart(double u, double v) {
  constexpr double reach = 1.424547782020334;
  const double a = reach * u, b = reach * v;
  const double aa = a * a, bb = b * b;
  const double q = aa + bb - 1.0;
  return q * q * q <= aa * (bb * b);
}

struct Turn {
  double cosine, sine;
};

// Cosine and sine of an angle in degrees, exact at whole quarters of a turn. Absolute error below 1e-15.
SK_HD Turn turn_of(double degrees) {
  const double quarters = degrees / 90.0;
  const double whole = (quarters + 6755399441055744.0) - 6755399441055744.0;  // 1.5 * 2^52: rounds to a whole number
  const double rest = quarters - whole;                                       // [-0.5, 0.5]
  const double half_sine = sin_quarter_exact(0.5 * rest);
  const double sine = sin_quarter_exact(rest);
  const double cosine = 1.0 - 2.0 * (half_sine * half_sine);
  switch (int64_t(whole) & 3) {
    case 0:
      return {cosine, sine};
    case 1:
      return {-sine, cosine};
    case 2:
      return {-cosine, -sine};
    default:
      return {sine, -cosine};
  }
}

// Mix of ink and paper where `covered` of `samples` points (at most 256) are ink, rounded to nearest.
SK_HD uint8_t mixed(uint32_t ink, uint32_t paper, uint32_t covered, uint32_t samples) {
  return uint8_t((ink * covered + paper * (samples - covered) + samples / 2) / samples);
}

}  // namespace synthkit
