// Serves every vendor of the tables: their calls, the lifetimes of their sessions, their lists page by page.
// One thread at a time (the model's lock).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/vendors/vendor.h"
#include "sandbox/world.h"

namespace sandbox {

class VendorEngine {
 public:
  explicit VendorEngine(World& world) : world_(world) {}

  std::optional<Route> route(const Request& request);
  void on_due(Remote& remote, Time when);
  // as: closed, error or timed_out.
  void end(Remote& remote, const std::string& as, const std::string& reason, Time when);

 private:
  Answer serve(const Vendor& vendor, const VendorCall& call, const std::string& id, const Request& request);
  Answer start(const Vendor& vendor, const VendorCall& call, const Json& body, const Request& request);
  Answer list(const Vendor& vendor, const Request& request);
  Answer extend(const Vendor& vendor, const VendorCall& call, Remote& remote, const Json& body);
  Answer stop(const Vendor& vendor, const VendorCall& call, Remote& remote, const Json& body);
  std::optional<Answer> refuse(const Vendor& vendor, const Request& request) const;
  Answer failed(const Vendor& vendor, int status, const std::string& message) const;
  Remote* find(const Vendor& vendor, const std::string& id_or_name);
  std::size_t count_live(Provider provider) const;
  Shown shown(const Vendor& vendor, const Remote& remote, Place place, Time as_of) const;
  // Newest first.
  std::vector<const Remote*> listed(const Vendor& vendor, const Request& request) const;
  void schedule(Remote& remote);

  World& world_;
};

}  // namespace sandbox
