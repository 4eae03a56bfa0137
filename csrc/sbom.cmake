# What is inside a wheel, as CycloneDX JSON in *.dist-info/sboms (PEP 770). Only what is in it: dependencies come by
# themselves. The C++ runtime is linked dynamically, the one for GPUs statically.

set(synthkit_version ${SKBUILD_PROJECT_VERSION})
set(synthkit_sbom_more "")
set(synthkit_sbom_more_dependencies "")
set(synthkit_sbom_refs "\"pybind11\", \"uci-digits\"")
if(TARGET _cuda)
  set(synthkit_sbom_more ",
    {
      \"type\": \"library\",
      \"bom-ref\": \"cudart\",
      \"name\": \"NVIDIA CUDA runtime (libcudart_static)\",
      \"version\": \"${CMAKE_CUDA_COMPILER_VERSION}\",
      \"description\": \"Linked into synthkit._cuda\",
      \"licenses\": [{ \"license\": { \"name\": \"NVIDIA CUDA Toolkit End User License Agreement\" } }]
    }")
  set(synthkit_sbom_more_dependencies ",
    { \"ref\": \"cudart\", \"dependsOn\": [] }")
  string(APPEND synthkit_sbom_refs ", \"cudart\"")
endif()
configure_file(csrc/sbom.json.in synthkit.cdx.json @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/synthkit.cdx.json DESTINATION ${SKBUILD_METADATA_DIR}/sboms)
