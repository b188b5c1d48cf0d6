// LateWords: the words of late starts (LateStart in store/cluster.h) that this node, which leads, has read in
// the database, until somebody is told of them. A word stays in the database until the notice of it is on
// disk, so that a crash at any moment loses none. The next process tells it once more where this one dies in
// between. Any thread.
#pragma once

#include <map>
#include <vector>

#include "base/locked.h"
#include "store/cluster.h"

namespace keeper {

class LateWords {
 public:
  // `there`: all that the database has. Gives those of which no notice is under way: whoever posts it says
  // with settle() what became of it.
  std::vector<LateStart> untold(const std::vector<LateStart>& there);

  // One that did not get on disk is untold again.
  void settle(const LateStart& word, bool is_on_disk);

  // Those whose notice is on disk.
  std::vector<LateStart> told();

 private:
  Locked<std::map<LateStart, bool>> words_;  // whether the notice is on disk
};

}  // namespace keeper
