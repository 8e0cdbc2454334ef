#pragma once

#include "core/config/load.hpp"
#include "runtime/command_line.hpp"

namespace cts {

/// What this process cannot do with such settings: what this version lacks, and
/// tasks that share a working directory. Relative ones begin at `base`.
std::vector<config::complaint> obstacles(const config::settings& x,
                                         const std::string& base);

/// `cts validate`: everything that is wrong with the files, as far as it can be
/// known without a network; exit code 0 or 15. Source: spec configuration, 5.2.
///
/// As JSON it is one object: `valid`, `error_count`, `warning_count` and
/// `diagnostics`, a list of objects with `severity` (`error`, `warning`),
/// `stage` (`building`, `finalizing`, `validating`, `setting up logging`),
/// `message`, `hint`, `excerpt` and, if the place is known, `range`: `file`,
/// `line`, `column`, `end_column`, all counted from 1.
spoken_command run_validate(const validate_command& order);

/// `cts config show`: the effective configuration and where each value comes
/// from, or what `cts validate` says.
spoken_command run_show(const show_command& order);

} // namespace cts
