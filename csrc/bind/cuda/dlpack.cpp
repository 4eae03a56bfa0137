#include "bind/cuda/dlpack.h"

#include <pybind11/stl.h>

#include <memory>
#include <vector>

#include "bind/cuda/bind.h"

namespace py = pybind11;

namespace synthkit {

namespace {

// What keeps an exported array alive: the Python object that owns the memory, and the numbers that the tensor points
// to.
struct Context {
  py::object owner;
  std::vector<int64_t> shape, strides;
};

template <typename T>
void delete_managed(T* managed) {
  const py::gil_scoped_acquire acquire;
  delete static_cast<Context*>(managed->context);
  delete managed;
}

// A capsule that nobody took deletes its tensor; one that was taken has another name.
template <typename T>
void delete_capsule(PyObject* capsule, const char* name) {
  if (PyCapsule_IsValid(capsule, name) == 0) return;
  auto* managed = static_cast<T*>(PyCapsule_GetPointer(capsule, name));
  managed->deleter(managed);
}

template <typename T>
py::object make_capsule(std::unique_ptr<T> managed, std::unique_ptr<Context> context, const char* name,
                        PyCapsule_Destructor destroy) {
  managed->context = context.release();
  managed->deleter = &delete_managed<T>;
  PyObject* capsule = PyCapsule_New(managed.get(), name, destroy);
  if (capsule == nullptr) {
    delete_managed(managed.release());
    throw py::error_already_set();
  }
  managed.release();
  return py::reinterpret_steal<py::object>(capsule);
}

// A capsule of memory at `address`, which `owner` keeps alive; C order.
py::object export_array(py::object owner, uint64_t address, std::vector<int64_t> shape, uint8_t code, uint8_t bits,
                        int device, bool versioned) {
  auto context = std::make_unique<Context>();
  context->owner = std::move(owner);
  context->shape = std::move(shape);
  context->strides.resize(context->shape.size());
  int64_t step = 1;
  for (size_t i = context->shape.size(); i-- > 0;) {
    context->strides[i] = step;
    step *= context->shape[i];
  }
  const dlpack::Tensor tensor{device_pointer<void>(address),
                              {dlpack::kCuda, device},
                              static_cast<int32_t>(context->shape.size()),
                              {code, bits, 1},
                              context->shape.data(),
                              context->strides.data(),
                              0};
  if (!versioned) {
    auto managed = std::make_unique<dlpack::Managed>();
    managed->tensor = tensor;
    return make_capsule(std::move(managed), std::move(context), dlpack::kName,
                        [](PyObject* c) { delete_capsule<dlpack::Managed>(c, dlpack::kName); });
  }
  auto managed = std::make_unique<dlpack::ManagedVersioned>();
  managed->version = {1, 0};
  managed->flags = 0;
  managed->tensor = tensor;
  return make_capsule(std::move(managed), std::move(context), dlpack::kVersionedName,
                      [](PyObject* c) { delete_capsule<dlpack::ManagedVersioned>(c, dlpack::kVersionedName); });
}

py::dict describe(const dlpack::Tensor& tensor, bool read_only) {
  py::list shape, strides;
  int64_t step = 1;
  std::vector<int64_t> steps(static_cast<size_t>(tensor.ndim));
  for (int32_t i = tensor.ndim - 1; i >= 0; --i) {
    steps[static_cast<size_t>(i)] = tensor.strides != nullptr ? tensor.strides[i] : step;
    step *= tensor.shape[i];
  }
  for (int32_t i = 0; i < tensor.ndim; ++i) {
    shape.append(tensor.shape[i]);
    strides.append(steps[static_cast<size_t>(i)]);
  }
  py::dict found;
  found["address"] = reinterpret_cast<uintptr_t>(tensor.data) + tensor.byte_offset;
  found["on_device"] = tensor.device.type == dlpack::kCuda || tensor.device.type == dlpack::kCudaManaged;
  found["device"] = tensor.device.id;
  found["code"] = tensor.dtype.lanes == 1 ? int{tensor.dtype.code} : -1;
  found["bits"] = tensor.dtype.bits;
  found["shape"] = py::tuple(shape);
  found["strides"] = py::tuple(strides);
  found["read_only"] = read_only;
  return found;
}

// Takes over a capsule's tensor: what it is, and an object that gives it back when it is no longer needed.
template <typename T>
py::tuple take(const py::object& capsule, const char* name, const char* used, bool read_only) {
  auto* managed = static_cast<T*>(PyCapsule_GetPointer(capsule.ptr(), name));
  if (managed == nullptr || PyCapsule_SetName(capsule.ptr(), used) != 0) throw py::error_already_set();
  const py::capsule owner(managed, [](void* at) {
    auto* taken = static_cast<T*>(at);
    if (taken->deleter != nullptr) taken->deleter(taken);
  });
  return py::make_tuple(describe(managed->tensor, read_only), owner);
}

py::tuple import_array(const py::object& capsule) {
  if (PyCapsule_IsValid(capsule.ptr(), dlpack::kVersionedName) != 0) {
    const auto* managed =
        static_cast<dlpack::ManagedVersioned*>(PyCapsule_GetPointer(capsule.ptr(), dlpack::kVersionedName));
    if (managed->version.major > 1) throw py::value_error("a capsule of DLPack's version 2 or later");
    return take<dlpack::ManagedVersioned>(capsule, dlpack::kVersionedName, dlpack::kUsedVersionedName,
                                          (managed->flags & dlpack::kReadOnly) != 0);
  }
  if (PyCapsule_IsValid(capsule.ptr(), dlpack::kName) != 0) {
    return take<dlpack::Managed>(capsule, dlpack::kName, dlpack::kUsedName, false);
  }
  throw py::value_error("no DLPack capsule, or one that was taken before");
}

}  // namespace

void bind_cuda_dlpack(py::module_ module) {
  module.def("export_array", &export_array, py::arg("owner"), py::arg("address"), py::arg("shape"), py::kw_only(),
             py::arg("code"), py::arg("bits"), py::arg("device"), py::arg("versioned"));
  module.def("import_array", &import_array, py::arg("capsule"));
}

}  // namespace synthkit
