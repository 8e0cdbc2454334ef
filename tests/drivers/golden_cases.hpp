#pragma once

#include "core/config/config.hpp"
#include "core/types.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

/// The golden cases of the Terraform driver: the configuration of each
/// `config.hcl` as values, and what Consul answers in its `consul.json`.
namespace cts::golden {

/// Effective settings with the one task of a case.
using settings_maker = std::function<config::settings()>;

/// By name of the case's directory.
const std::map<std::string, settings_maker>& cases();

/// The snapshots that the task of a case gets: each service, the catalog and
/// the KV pairs of `consul_json`, under the dependencies that the task's
/// queries name.
task_inputs inputs_of(const std::string& consul_json,
                      const config::settings& settings);

} // namespace cts::golden
