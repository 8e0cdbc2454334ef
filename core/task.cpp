#include "core/task.hpp"

#include "core/task_moves.hpp"

#include <utility>

namespace cts::task {

namespace {

/// Carries out `change` on the state.
template <class Change>
answer changed(state s, time_point now, const Change& change) {
  auto m = move{.s = s, .now = now};
  change(m);
  auto effects = std::move(m.out);
  return {std::move(s), std::move(effects)};
}

/// Something is wanted of the task, whatever it does now.
void look_after_requests(move& m) {
  if (in<idle>(m.s) || (in<disabled>(m.s) && !m.s.inspect_wanted))
    settle(m);
  else if (in<stopped>(m.s))
    refuse_all(m, stopped_text);
  else if (in<disabled>(m.s) || in<failed>(m.s))
    begin_creation(m);
}

void try_again(move& m, running& run) {
  run.next_try.reset();
  auto attempt = static_cast<unsigned>(run.failures.size()) + 1;
  m.out.push_back(
    apply{.run = m.s.run, .attempt = attempt, .permit = run.permit});
}

void on_timer(move& m, queued& waiting) {
  if (waiting.next_attempt && m.now >= *waiting.next_attempt)
    return ask_for_turn(m);
  if (waiting.patience && m.now >= *waiting.patience)
    waiting.waits = true;
}

void on_timer(move& m, running& run) {
  if (run.drain_end && m.now >= *run.drain_end && !run.stopping) {
    run.stopping = true;
    m.out.push_back(stop_driver{});
  } else if (run.next_try && m.now >= *run.next_try) {
    try_again(m, run);
  }
}

} // namespace

answer step(state s, const started&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    if (m.s.enabled) // a disabled task is prepared, but not watched
      begin_watching(m);
    begin_creation(m);
  });
}

answer step(state s, const slot_granted& event, time_point now) {
  return changed(std::move(s), now, [&](move& m) {
    m.s.slot_asked = false;
    auto* fresh = std::get_if<creating>(&m.s.at);
    auto* turn = std::get_if<queued>(&m.s.at);
    if (fresh != nullptr && !fresh->deadline && !m.s.slot) {
      m.s.slot = event.ticket;
      m.out.push_back(prepare{});
    } else if (turn != nullptr && turn->turn) {
      m.s.slot = event.ticket;
      if (turn->what != purpose::inspect) {
        m.s.triggered = false; // what is rendered from now on includes it
        ++m.s.run.value;
      }
      m.s.at = running{.what = turn->what};
      m.out.push_back(render{});
    } else {
      m.out.push_back(give_slot{event.ticket});
    }
  });
}

answer step(state s, const turn_came&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    m.s.turn_asked = false;
    auto* waiting = std::get_if<queued>(&m.s.at);
    if (waiting != nullptr && !waiting->turn && !waiting->next_attempt)
      ask_for_slot(m, true);
  });
}

answer step(state s, const turn_refused&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    m.s.turn_asked = false;
    auto* waiting = std::get_if<queued>(&m.s.at);
    if (waiting == nullptr || waiting->turn)
      return;
    waiting->next_attempt = m.now + turn_pause;
    m.out.push_back(arm_timer{*waiting->next_attempt});
  });
}

answer step(state s, const permit_given& event, time_point now) {
  return changed(std::move(s), now, [&](move& m) {
    m.s.permit_asked = false;
    auto* run = std::get_if<running>(&m.s.at);
    if (run == nullptr || !std::exchange(run->awaits_permit, false))
      return close_permit(m, event.permit);
    run->permit = event.permit;
    m.out.push_back(
      apply{.run = m.s.run, .attempt = 1, .permit = event.permit});
  });
}

answer step(state s, const permit_refused&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    m.s.permit_asked = false;
    auto* run = std::get_if<running>(&m.s.at);
    if (run == nullptr || !run->awaits_permit)
      return finish_stop(m);
    auto next = m.now + turn_pause;
    m.s.at = queued{.what = run->what, .next_attempt = next};
    return_slot(m);
    m.out.push_back(arm_timer{next});
    if (!m.s.enabled)
      settle(m);
  });
}

answer step(state s, const run_recorded&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    if (m.s.recording > 0)
      --m.s.recording;
    auto* waiting = std::get_if<queued>(&m.s.at);
    if (waiting != nullptr && !waiting->turn && !waiting->next_attempt)
      ask_for_turn(m);
    finish_stop(m);
  });
}

answer step(state s, const prepared&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    return_slot(m);
    auto* waiting = std::get_if<creating>(&m.s.at);
    if (waiting == nullptr)
      return;
    m.s.attempts_failed = 0;
    auto needs_data = m.s.enabled || m.s.inspect_wanted;
    if (needs_data && !m.s.inputs_ready && m.s.input_failure
        && m.s.input_failure->permanent) {
      give_up_on_input(m);
    } else if (needs_data && !m.s.inputs_ready) {
      waiting->deadline = m.now + data_wait_max;
      m.out.push_back(arm_timer{*waiting->deadline});
    } else {
      settle(m);
    }
  });
}

answer step(state s, const prepare_failed& event, time_point now) {
  return changed(std::move(s), now, [&](move& m) {
    return_slot(m);
    if (in<creating>(m.s))
      fail_creation(m, event.message);
  });
}

answer step(state s, const inputs_complete&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    if (!m.s.watching)
      return;
    m.s.inputs_ready = true;
    m.s.input_failure.reset();
    auto* waiting = std::get_if<creating>(&m.s.at);
    if (waiting != nullptr && waiting->deadline)
      settle(m);
    else if (in<failed>(m.s)) // for want of data, perhaps: no need to wait
      begin_creation(m);
  });
}

answer step(state s, const input_failed& event, time_point now) {
  return changed(std::move(s), now, [&](move& m) {
    if (m.s.inputs_ready || !m.s.watching)
      return; // what was delivered is still good
    m.s.input_failure = event;
    auto* waiting = std::get_if<creating>(&m.s.at);
    if (event.permanent && waiting != nullptr && waiting->deadline)
      give_up_on_input(m);
  });
}

answer step(state s, const run_requested&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    if (!m.s.enabled || in<stopped>(m.s))
      return;
    m.s.triggered = true;
    if (in<idle>(m.s))
      settle(m);
  });
}

answer step(state s, const once_requested&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    m.s.once_wanted = true;
    look_after_requests(m);
  });
}

answer step(state s, const inspect_requested&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    m.s.inspect_wanted = true;
    if (!in<stopped>(m.s))
      begin_watching(m);
    look_after_requests(m);
  });
}

answer step(state s, const ready_requested&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    m.s.ready_wanted = true;
    if (in<queued>(m.s) || in<running>(m.s))
      reply_ready(m, std::nullopt);
    else
      look_after_requests(m);
  });
}

answer step(state s, const enable_requested&, time_point now) {
  if (s.enabled || in<stopped>(s))
    return step(std::move(s), ready_requested{}, now);
  return changed(std::move(s), now, [](move& m) {
    m.s.enabled = true;
    m.s.enabling = true;
    m.s.monitoring = false;
    m.s.ready_wanted = true;
    begin_watching(m);
    if (in<disabled>(m.s) || in<failed>(m.s))
      begin_creation(m);
  });
}

answer step(state s, const disable_requested&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    m.s.enabled = false;
    m.s.enabling = false;
    m.s.triggered = false;
    auto* waiting = std::get_if<creating>(&m.s.at);
    if (in<idle>(m.s) || in<queued>(m.s)
        || (waiting != nullptr && waiting->deadline))
      settle(m);
    else if (!in<running>(m.s) && !m.s.inspect_wanted)
      end_watching(m);
  });
}

answer step(state s, const monitoring_started&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    m.s.monitoring = true;
    if (in<idle>(m.s))
      settle(m);
  });
}

answer step(state s, const rendered& event, time_point now) {
  return changed(std::move(s), now, [&](move& m) {
    auto* run = std::get_if<running>(&m.s.at);
    if (run == nullptr)
      return;
    auto skipped = event.unchanged && run->what == purpose::trigger && !m.s.due;
    if (run->stopping || run->drain_end) {
      end_run(m, "stopped before Terraform was started");
    } else if (run->what == purpose::inspect) {
      m.out.push_back(inspect{});
    } else if (skipped) {
      m.out.push_back(skip_run{});
      return_slot(m);
      settle(m);
    } else if (m.s.fenced) {
      run->awaits_permit = true;
      if (!std::exchange(m.s.permit_asked, true))
        m.out.push_back(want_permit{});
    } else {
      m.out.push_back(apply{.run = m.s.run, .attempt = 1});
    }
  });
}

answer step(state s, const held&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    if (in<running>(m.s))
      hold_run(m);
  });
}

answer step(state s, const render_failed& event, time_point now) {
  return changed(std::move(s), now, [&](move& m) {
    if (in<running>(m.s))
      end_run(m, event.message);
  });
}

answer step(state s, const applied&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    if (in<running>(m.s))
      end_run(m, std::nullopt);
  });
}

answer step(state s, const apply_failed& event, time_point now) {
  return changed(std::move(s), now, [&](move& m) {
    auto* run = std::get_if<running>(&m.s.at);
    if (run == nullptr)
      return;
    run->failures.push_back(event.message);
    auto retry = static_cast<unsigned>(run->failures.size()) - 1;
    if (run->what != purpose::trigger || run->stopping || run->drain_end
        || !m.s.enabled || retry >= m.s.retries_max) {
      end_run(m, join(run->failures));
    } else {
      run->next_try = m.now + pause_before_retry(retry, event.jitter);
      m.out.push_back(arm_timer{*run->next_try});
    }
  });
}

answer step(state s, const inspected&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    if (in<running>(m.s))
      end_run(m, std::nullopt);
  });
}

answer step(state s, const inspect_failed& event, time_point now) {
  return changed(std::move(s), now, [&](move& m) {
    if (in<running>(m.s))
      end_run(m, event.message);
  });
}

answer step(state s, const timer_elapsed&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    if (auto* fresh = std::get_if<creating>(&m.s.at)) {
      if (fresh->deadline && m.now >= *fresh->deadline)
        give_up_waiting(m);
    } else if (auto* waiting = std::get_if<queued>(&m.s.at)) {
      on_timer(m, *waiting);
    } else if (auto* run = std::get_if<running>(&m.s.at)) {
      on_timer(m, *run);
    } else if (auto* broken = std::get_if<failed>(&m.s.at)) {
      if (m.now >= broken->next_attempt)
        begin_creation(m);
    }
  });
}

answer step(state s, const stop_requested& event, time_point now) {
  return changed(std::move(s), now, [&](move& m) {
    auto* end = std::get_if<stopped>(&m.s.at);
    if (auto* run = std::get_if<running>(&m.s.at)) {
      stop_run(m, *run, event.drain);
    } else if (in<creating>(m.s) && m.s.slot) {
      m.s.at = stopped{.waiting = true};
      m.out.push_back(stop_driver{});
    } else if (end != nullptr && end->waiting) { // again: with less patience
      m.out.push_back(stop_driver{});
    } else {
      m.s.at = stopped{};
      finish_stop(m);
    }
    if (!in<running>(m.s) || !std::get<running>(m.s.at).drain_end)
      refuse_all(m, stopped_text);
  });
}

answer step(state s, const driver_stopped&, time_point now) {
  return changed(std::move(s), now, [](move& m) {
    if (auto* run = std::get_if<running>(&m.s.at); run && run->stopping)
      end_run(m, "stopped while Terraform was running");
    if (auto* end = std::get_if<stopped>(&m.s.at); end && end->waiting) {
      end->waiting = false;
      return_slot(m);
      finish_stop(m);
    }
  });
}

} // namespace cts::task
