#pragma once

#include "core/config/config.hpp"
#include "core/dynamic/templates.hpp"

#include <string>
#include <vector>

/// What Terraform must know and nobody else. Source: spec chapter
/// terraform-driver, 8.1 item 15.
namespace cts::terraform {

/// Shorter ones are no secrets, and too much else would look like them.
constexpr auto secret_size_min = std::size_t{4};

/// The secrets that the environment of commands and the files of a task may
/// hold, longest first: the Consul token, the password, the `task_env` values,
/// and what stands in place of templates, if anything does.
std::vector<std::string> secrets_of(const config::settings& settings,
                                    const dynamic::values* rendered = nullptr);

/// `text` with `***` in place of each of `secrets`, and of the logins of URLs:
/// Terraform shows where it downloads a module from.
std::string masked(std::string text, const std::vector<std::string>& secrets);

} // namespace cts::terraform
