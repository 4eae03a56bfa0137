// How tables travel through Python: a capsule that owns them.
#pragma once

#include <pybind11/pybind11.h>

#include "cpu/listops_tables.h"

namespace synthkit {

// The tables in a capsule of listops_tables.build; a Python ValueError if it holds something else.
const TreeTables& tables_of(const pybind11::capsule& handle);

}  // namespace synthkit
