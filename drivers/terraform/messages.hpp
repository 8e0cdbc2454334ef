#pragma once

#include "actors/contract.hpp"
#include "drivers/terraform/program.hpp"

/// Messages of the Terraform driver that the other parts need not know.
namespace cts {

/// The driver's own timer for repeating a command.
struct retry_command {};

/// The controller asks, once at start, for the program of all tasks.
struct find_terraform {};

/// Fails with `driver` and the text that ends the instance with exit code 16.
using terraform_finder_actor =
    cafx::iface<caf::result<terraform::program>(find_terraform)>;

CAFX_FIELDS(retry_command)
CAFX_FIELDS(find_terraform)

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::terraform::program)

CAF_BEGIN_TYPE_ID_BLOCK(cts_terraform, caf::first_custom_type_id + 200)

CAF_ADD_TYPE_ID(cts_terraform, (cts::retry_command))
CAF_ADD_TYPE_ID(cts_terraform, (cts::find_terraform))
CAF_ADD_TYPE_ID(cts_terraform, (cts::terraform::program))

CAF_END_TYPE_ID_BLOCK(cts_terraform)
