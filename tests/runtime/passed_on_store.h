// A store that passes every call on to another one, for tests that change what one of them does.
#pragma once

#include "store/store.h"

namespace keeper {

class PassedOnStore : public Store {
 public:
  explicit PassedOnStore(Store& store) : store_(store) {}
  void hand_over() const override { store_.hand_over(); }
  const InstanceId& instance() const override { return store_.instance(); }
  const std::string& location() const override { return store_.location(); }
  Result<Ledger> load() override { return store_.load(); }
  Result<std::int64_t> commit(const Batch& batch) override { return store_.commit(batch); }
  Status probe() override { return store_.probe(); }
  Result<Findings> look_up(const Questions& questions) override { return store_.look_up(questions); }
  bool needs_reopen() const override { return store_.needs_reopen(); }
  Status reopen() override { return store_.reopen(); }
  Result<Pruned> prune(Wall before, int rows_max) override { return store_.prune(before, rows_max); }
  Result<std::int64_t> used_bytes() override { return store_.used_bytes(); }

 private:
  Store& store_;
};

}  // namespace keeper
