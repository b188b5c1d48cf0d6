// Connections that nobody uses at the moment, a few at most. Any thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/locked.h"

namespace keeper {

template <class Connection>
class IdlePool {
 public:
  // Null: none is idle.
  std::unique_ptr<Connection> take() {
    return idle_.with([](auto& idle) {
      std::unique_ptr<Connection> taken;
      if (!idle.empty()) {
        taken = std::move(idle.back());
        idle.pop_back();
      }
      return taken;
    });
  }

  void give_back(std::unique_ptr<Connection> connection) {
    idle_.with([&](auto& idle) {
      if (idle.size() < idle_max) idle.push_back(std::move(connection));
    });
  }

 private:
  static constexpr std::size_t idle_max = 4;

  Locked<std::vector<std::unique_ptr<Connection>>> idle_;
};

}  // namespace keeper
