// How blocks walk through codes [models, rows, columns]: in tiles of some rows and up to 32 columns. Threads next to
// each other take columns next to each other, then the next row, so that they read what lies side by side.
#pragma once

#include "cuda/bins.h"
#include "cuda/launch.h"

namespace synthkit::cuda {

constexpr int kTileThreads = 256;
constexpr int kTileWidth = 32;
constexpr int kTileAhead = 4;  // codes a thread asks for at a time

struct CodeTiles {
  const double* codes;
  int64_t models, rows, columns;
  int width;       // columns of a tile; the last tile of a row may have fewer
  int height;      // rows of a tile
  int64_t across;  // tiles side by side
  int64_t down;    // tiles one below the other

  __host__ __device__ int64_t count() const { return models * across * down; }
};

// Tiles of about `cells` codes, their heights a multiple of 64.
inline CodeTiles tiles_of(const CodesOnDevice& codes, int cells) {
  CodeTiles tiles{codes.data,
                  static_cast<int64_t>(codes.models),
                  static_cast<int64_t>(codes.rows),
                  static_cast<int64_t>(codes.columns),
                  0,
                  0,
                  0,
                  0};
  tiles.across = (tiles.columns + kTileWidth - 1) / kTileWidth;
  tiles.width = static_cast<int>((tiles.columns + tiles.across - 1) / tiles.across);
  tiles.height = cells / tiles.width / 64 * 64;
  tiles.down = (tiles.rows + tiles.height - 1) / tiles.height;
  return tiles;
}

// One tile, and the thread's place in it.
struct CodeTile {
  int64_t column;  // of the first, among the columns of all models
  int64_t first_row;
  const double* codes;  // the first code
  int width, height;
  int own_column, own_row, step;  // the thread takes each `step`-th row from its own on; none if it is beyond the width

  __device__ __forceinline__ CodeTile(const CodeTiles& tiles, int64_t task) {
    const int64_t model = task / (tiles.across * tiles.down), within = task % (tiles.across * tiles.down);
    const int64_t left = within % tiles.across * tiles.width;
    first_row = within / tiles.across * tiles.height;
    column = model * tiles.columns + left;
    codes = tiles.codes + (model * tiles.rows + first_row) * tiles.columns + left;
    const int64_t columns = tiles.columns - left, rows = tiles.rows - first_row;
    width = columns < tiles.width ? static_cast<int>(columns) : tiles.width;
    height = rows < tiles.height ? static_cast<int>(rows) : tiles.height;
    own_column = static_cast<int>(threadIdx.x) % width;
    own_row = static_cast<int>(threadIdx.x) / width;
    step = kTileThreads / width;
    if (own_row >= step) own_row = height;
  }

  // Calls use(row, code) for the thread's codes, by ascending row.
  template <typename Use>
  __device__ __forceinline__ void for_each(int64_t pitch, Use use) const {
    const double* source = codes + own_column;
    int row = own_row;
    for (; row + (kTileAhead - 1) * step < height; row += kTileAhead * step) {
      double code[kTileAhead];
#pragma unroll
      for (int i = 0; i < kTileAhead; ++i) code[i] = source[(row + i * step) * pitch];
#pragma unroll
      for (int i = 0; i < kTileAhead; ++i) use(row + i * step, code[i]);
    }
    for (; row < height; row += step) use(row, source[row * pitch]);
  }
};

// Queues the placing of equal-width edges [columns of all models, bins - 1], and of how many bins each column gets.
void place_equal_widths(const CodesOnDevice& codes, int bins, double* edges, int32_t* used, cudaStream_t stream);

// The same for quantiles.
void place_quantiles(const CodesOnDevice& codes, int bins, double* edges, int32_t* used, cudaStream_t stream);

}  // namespace synthkit::cuda
