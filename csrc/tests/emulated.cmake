# The sources of csrc/cuda as C++, with kernels that the emulator runs on the CPU.
option(SYNTHKIT_EMULATED_MODULE "Build synthkit._cuda on the emulator, for the tests, into the folder `emulated`" OFF)

set_source_files_properties(${cuda_sources} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-xc++;-O2;-Wno-unused-function")
add_library(synthkit_emulated STATIC ${cuda_sources})
target_include_directories(synthkit_emulated PUBLIC csrc/tests csrc/tests/emulator)
target_link_libraries(synthkit_emulated PUBLIC synthkit_cpu)

if(SYNTHKIT_EMULATED_MODULE)
  find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
  find_package(pybind11 CONFIG REQUIRED)
  file(GLOB cuda_bind_sources CONFIGURE_DEPENDS csrc/bind/cuda/*.cpp)
  pybind11_add_module(_cuda csrc/module_cuda.cpp csrc/tests/emulator/bind.cpp ${cuda_bind_sources})
  target_link_libraries(_cuda PRIVATE synthkit_emulated)
  target_compile_definitions(_cuda PRIVATE SK_EMULATED_MODULE)
  set_target_properties(_cuda PROPERTIES LIBRARY_OUTPUT_DIRECTORY emulated)
endif()
