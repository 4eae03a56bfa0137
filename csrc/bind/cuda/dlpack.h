// The structures by which libraries hand arrays to each other (DLPack 1.0, and the unversioned form before it).
// https://dmlc.github.io/dlpack/latest/c_api.html
#pragma once

#include <cstdint>

namespace synthkit::dlpack {

constexpr int32_t kCuda = 2;
constexpr int32_t kCudaManaged = 13;
constexpr uint64_t kReadOnly = 1;

struct Device {
  int32_t type, id;
};

// code: 0 signed, 1 unsigned, 2 float, 4 bfloat.
struct Type {
  uint8_t code, bits;
  uint16_t lanes;
};

struct Tensor {
  void* data;
  Device device;
  int32_t ndim;
  Type dtype;
  int64_t* shape;
  int64_t* strides;  // in elements; null for C order
  uint64_t byte_offset;
};

struct Managed {
  Tensor tensor;
  void* context;
  void (*deleter)(Managed*);
};

struct Version {
  uint32_t major, minor;
};

struct ManagedVersioned {
  Version version;
  void* context;
  void (*deleter)(ManagedVersioned*);
  uint64_t flags;
  Tensor tensor;
};

constexpr const char* kName = "dltensor";
constexpr const char* kUsedName = "used_dltensor";
constexpr const char* kVersionedName = "dltensor_versioned";
constexpr const char* kUsedVersionedName = "used_dltensor_versioned";

}  // namespace synthkit::dlpack
