# synthkit._cuda: the kernels for NVIDIA GPUs, a module of its own, loaded when a GPU is asked for. The runtime is linked
# statically and looks for the driver when it is first called, so that the module can be imported where there is none.

set(synthkit_with_cuda ${SYNTHKIT_CUDA})
if(CMAKE_VERSION VERSION_LESS 3.26 AND SYNTHKIT_CUDA)  # older ones know no C++20 of CUDA
  set(synthkit_why_not "CMake ${CMAKE_VERSION} is too old for the kernels for GPUs, which need 3.26")
  if(NOT SYNTHKIT_CUDA STREQUAL "AUTO")
    message(FATAL_ERROR "${synthkit_why_not}")
  endif()
  message(STATUS "${synthkit_why_not}")
  set(synthkit_with_cuda OFF)
elseif(SYNTHKIT_CUDA STREQUAL "AUTO")
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    set(synthkit_with_cuda ON)
  else()
    set(synthkit_with_cuda OFF)
    message(STATUS "no nvcc: built without the kernels for GPUs (set CUDACXX, or SYNTHKIT_CUDA=ON to insist)")
  endif()
endif()
if(NOT synthkit_with_cuda)
  return()
endif()

# From Turing to Hopper as machine code, later ones from PTX.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90a-real 90-virtual)
endif()
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)

# Of the CPU's loops they use one table.
add_library(synthkit_cuda STATIC ${cuda_sources} csrc/cpu/knn_psi.cpp)
target_include_directories(synthkit_cuda PUBLIC csrc ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
target_link_libraries(synthkit_cuda PUBLIC synthkit_flags)
# The promise of equal bits, once more: no fused multiply-add, no approximate division, no flushing of small numbers.
set(synthkit_nvcc_flags -O3 -fmad=false -prec-div=true -prec-sqrt=true -ftz=false
                        -Xcompiler=-ffp-contract=off,-fvisibility=hidden,-Wall,-Wextra -Xfatbin=-compress-all)
if(SYNTHKIT_WERROR)
  list(APPEND synthkit_nvcc_flags -Werror=all-warnings -Xcompiler=-Werror)
endif()
target_compile_options(synthkit_cuda PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:${synthkit_nvcc_flags}>")

file(GLOB cuda_bind_sources CONFIGURE_DEPENDS csrc/bind/cuda/*.cpp)
pybind11_add_module(_cuda csrc/module_cuda.cpp ${cuda_bind_sources})
target_link_libraries(_cuda PRIVATE synthkit_cuda)
install(TARGETS _cuda DESTINATION synthkit)
