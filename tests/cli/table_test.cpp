#include "cli/table.h"

#include <sstream>

#include "catch.h"

namespace keeper {
namespace {

std::string printed(const Table& table, int columns, bool colour = false) {
  std::ostringstream out;
  table.print(out, columns, colour);
  return out.str();
}

TEST_CASE("columns are aligned, and no line ends in spaces") {
  Table table({"NAME", "N"});
  table.row({"a", "1"});
  table.row({"longer", ""});
  CHECK(printed(table, 80) == "NAME    N\na       1\nlonger  -\n");
}

TEST_CASE("only an elastic column is cut, by whole characters") {
  Table table({"NAME~", "STATE"});
  table.row({"überlanger-name", "active"});
  CHECK(printed(table, 17) == "NAME       STATE\nüberlang…  active\n");
  CHECK(printed(table, 0) == "NAME             STATE\nüberlanger-name  active\n");
}

TEST_CASE("colour is put on states alone and does not move columns") {
  Table table({"STATE", "NAME"});
  table.row({"error", "desk"});
  CHECK(printed(table, 80, true) == "STATE  NAME\n\x1b[31merror\x1b[0m  desk\n");
}

}  // namespace
}  // namespace keeper
