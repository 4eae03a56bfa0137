#include <cuda_runtime.h>
#include <pybind11/numpy.h>

#include <cstdint>

#include "bind/cuda/bind.h"
#include "cuda/finite.h"
#include "cuda/memory.h"
#include "cuda/staging.h"

namespace py = pybind11;

namespace synthkit {

namespace {

// From here on a copy out of pinned pieces would cost more memory than the wait it saves is worth.
constexpr size_t kMostStaged = size_t{4} << 20;

// Memory of a device that belongs to a Python object.
class Buffer {
 public:
  Buffer(size_t bytes, int device, uint64_t stream) : bytes_(bytes), device_(device), stream_(stream_of(stream)) {
    const cuda::OnDevice on(device);
    if (bytes > 0) data_ = cuda::allocate(bytes, stream_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  // What was handed to another library may still be read on a stream of its own: only cudaFree waits for that.
  ~Buffer() {
    if (data_ == nullptr) return;
    if (shared_) {
      py::gil_scoped_release release;
      cudaFree(data_);
    } else {
      cuda::release(data_, stream_);
    }
  }

  void share() { shared_ = true; }
  uint64_t address() const { return reinterpret_cast<uintptr_t>(data_); }
  size_t bytes() const { return bytes_; }
  int device() const { return device_; }

 private:
  void* data_ = nullptr;
  size_t bytes_;
  int device_;
  cudaStream_t stream_;
  bool shared_ = false;
};

// Copies an array (contiguous) to the device; it may be changed on return.
void upload(uint64_t to, const py::array& from, uint64_t stream) {
  if (!(from.flags() & py::array::c_style)) throw py::value_error("from: must be contiguous");
  const void* data = from.data();
  const auto bytes = static_cast<size_t>(from.nbytes());
  py::gil_scoped_release release;
  if (bytes <= kMostStaged) {
    cuda::Staging::shared().copy(device_pointer<void>(to), data, bytes, stream_of(stream));
  } else {
    cuda::check(cudaMemcpyAsync(device_pointer<void>(to), data, bytes, cudaMemcpyHostToDevice, stream_of(stream)),
                "copying to the device");
    cuda::wait_for(stream_of(stream));
  }
}

// Copies into an array whose last axis is contiguous; rows may be apart. Waits for it.
void download(py::array to, uint64_t from, uint64_t stream) {
  if (to.ndim() > 2 || (to.ndim() > 0 && to.shape(to.ndim() - 1) > 1 && to.strides(to.ndim() - 1) != to.itemsize())) {
    throw py::value_error("to: must be [n] or [rows, n] with numbers side by side");
  }
  auto* data = static_cast<std::byte*>(to.mutable_data());
  const py::ssize_t rows = to.ndim() == 2 ? to.shape(0) : 1, apart = to.ndim() == 2 ? to.strides(0) : 0;
  const auto bytes = static_cast<size_t>(rows == 0 ? 0 : to.nbytes() / rows);
  const auto* source = device_pointer<const std::byte>(from);
  py::gil_scoped_release release;
  if (rows < 2 || apart >= static_cast<py::ssize_t>(bytes)) {
    const size_t pitch = rows < 2 ? bytes : static_cast<size_t>(apart);
    cuda::check(cudaMemcpy2DAsync(data, pitch, source, bytes, bytes, static_cast<size_t>(rows), cudaMemcpyDeviceToHost,
                                  stream_of(stream)),
                "copying from the device");
  } else {  // rows in reverse order
    for (py::ssize_t i = 0; i < rows; ++i) {
      cuda::check(cudaMemcpyAsync(data + i * apart, source + static_cast<size_t>(i) * bytes, bytes,
                                  cudaMemcpyDeviceToHost, stream_of(stream)),
                  "copying from the device");
    }
  }
  cuda::wait_for(stream_of(stream));
}

void zero(uint64_t at, size_t bytes, uint64_t stream) {
  cuda::check(cudaMemsetAsync(device_pointer<void>(at), 0, bytes, stream_of(stream)), "cudaMemset");
}

// The device that an address belongs to, or -1 where it is no device's.
int locate(uint64_t address) {
  cudaPointerAttributes found;
  cuda::check(cudaPointerGetAttributes(&found, device_pointer<const void>(address)), "cudaPointerGetAttributes");
  return found.type == cudaMemoryTypeDevice || found.type == cudaMemoryTypeManaged ? found.device : -1;
}

// What is queued on one stream from now on waits for what was queued on the other until now.
void order(uint64_t before, uint64_t after, int device) {
  if (before == after) return;
  const cuda::OnDevice on(device);
  cudaEvent_t event;
  cuda::check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreate");
  const cudaError_t recorded = cudaEventRecord(event, stream_of(before));
  const cudaError_t waited = recorded == cudaSuccess ? cudaStreamWaitEvent(stream_of(after), event, 0) : cudaSuccess;
  cudaEventDestroy(event);
  cuda::check(recorded, "stream: cannot be waited for");
  cuda::check(waited, "stream: cannot wait");
}

int64_t first_not_finite(uint64_t address, int64_t count, uint64_t stream) {
  py::gil_scoped_release release;
  return cuda::first_not_finite(device_pointer<const double>(address), count, stream_of(stream));
}

void synchronize(uint64_t stream) {
  py::gil_scoped_release release;
  cuda::wait_for(stream_of(stream));
}

}  // namespace

void bind_cuda_memory(py::module_ module) {
  py::class_<Buffer>(module, "Buffer", py::module_local())
      .def(py::init<size_t, int, uint64_t>(), py::arg("bytes"), py::kw_only(), py::arg("device"), py::arg("stream"))
      .def("share", &Buffer::share)
      .def_property_readonly("address", &Buffer::address)
      .def_property_readonly("bytes", &Buffer::bytes)
      .def_property_readonly("device", &Buffer::device);
  module.def("upload", &upload, py::arg("to"), py::arg("values"), py::kw_only(), py::arg("stream"));
  module.def("download", &download, py::arg("to"), py::arg("address"), py::kw_only(), py::arg("stream"));
  module.def("zero", &zero, py::arg("address"), py::arg("bytes"), py::kw_only(), py::arg("stream"));
  module.def("locate", &locate, py::arg("address"));
  module.def("order", &order, py::arg("before"), py::arg("after"), py::kw_only(), py::arg("device"));
  module.def("first_not_finite", &first_not_finite, py::arg("address"), py::arg("count"), py::kw_only(),
             py::arg("stream"));
  module.def("synchronize", &synchronize, py::arg("stream"));
}

}  // namespace synthkit
