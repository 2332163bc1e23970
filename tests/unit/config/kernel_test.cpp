// The keys of kernel, inject, compare and of the designs' choices.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace config_kernel_test {

/// One fault in a member of a scenario, on line 2.
struct Case {
  std::string more;
  std::string pointer;
  const char* problem;  ///< the beginning
  const char* remedy;   ///< a part
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    CAPTURE(c.more);
    const auto found = problems("{\"workload\": {\"generator\": \"zipf\"},\n" + c.more + "\n}");
    CAPTURE(texts(found));
    REQUIRE(found.size() == 1);
    CHECK(found[0].file == "t.json");
    CHECK(found[0].line == 2);
    CHECK(found[0].pointer == c.pointer);
    CHECK(found[0].problem.rfind(c.problem, 0) == 0);
    CHECK(found[0].remedy.find(c.remedy) != std::string::npos);
  }
}

/// "a, a, a" with a number in the place of %.
std::string repeated(std::string item, std::size_t count) {
  std::string out;
  const std::size_t at = item.find('%');
  for (std::size_t i = 0; i < count; ++i) {
    out += i == 0 ? "" : ", ";
    out += at == std::string::npos ? item : item.substr(0, at) + std::to_string(i) + item.substr(at + 1);
  }
  return out;
}

const char* const kEverything = R"(,
  "kernel": {
    "physical_bits": {"value": 52, "source": "a data sheet"},
    "pci_above_memory": "64 GiB", "pci_at_top": "1 GiB", "direct_map": "128 TiB", "thp": true,
    "hotplug_section": "3 us", "linear_map_entry": "5 ns", "split_folio": "21 us", "page_free": "31 ns",
    "caches": {"l1": "48 KiB", "l2": "2 MiB", "l3": "32 MiB", "l1_latency": "1 ns", "l2_latency": "3 ns",
               "l3_latency": "19 ns", "memory_latency": "100 ns"},
    "gup": {"call": "1 ns", "page": "2 ns", "fast_page": "3 ns", "put_page": "4 ns", "pgmap_reference": "5 ns"},
    "fork": {"call": "6 ns", "page": "7 ns", "cow_fault": "8 ns", "reuse_fault": "9 ns"},
    "unmap": {"call": "10 ns", "page": "11 ns"},
    "notifier": {"mirror": "12 ns", "device": "13 ns", "retry": "14 ns"},
    "shootdown": {"call": "15 ns", "cpu": "16 ns"},
    "pmem": {"fast": {"capacity": "128 GiB", "gup_every": "1 ms", "gup_pages": 16}, "slow": {}}
  },
  "inject": {
    "gup": {"every": "1 ms", "pages": 65536, "write": false},
    "direct_io": {"every": "2 ms", "pages": 2, "write": false, "hold": "30 us"},
    "rdma": {"every": "3 ms", "pages": 3, "write": true, "hold": "0 s"},
    "fork": {"every": "4 ms", "child_lives": "1 ms"},
    "unmap": {"every": "5 ms", "pages": 5}
  },
  "design": {
    "to_host": {"collect": {"folio": "17 ns"}},
    "memmap_second_pass": "6 ns", "slow_page": "101 ns",
    "memmap": "slow", "linear_map": "2 MiB", "folio": "2 MiB", "tlb_flush": "page",
    "library": {"adoption": "30 %", "interpose": true, "bar": "none", "bar_read": "2 us", "bar_write": "99 ns",
                "staging_call": "11 us", "staging_copy": "9 GB/s"}
  },
  "compare": {
    "own radix": {"set": ["design=separate_radix", "kernel.physical_bits=52"]},
    "as it is": {},
    "HMM/2017 ~ \"shared\"": {"set": ["name=a=b", "kernel.pmem={\"p\": {\"capacity\": \"1 GiB\"}}"]}
  })";

void check_round_trip(const RunSpec& spec) {
  const std::string text = resolved_json(spec);
  CAPTURE(text);
  const RunSpec again = load(text);
  CHECK(again == spec);
  CHECK(resolved_json(again) == text);
}

TEST_CASE("config: what a kernel is given, it gets") {
  const RunSpec spec = load(scenario(kEverything));
  const KernelSpec& kernel = spec.kernel;
  CHECK(kernel.physical_bits == Sourced<std::uint64_t>{52, "a data sheet"});
  CHECK(kernel.pci_above_memory.value == Bytes::gib(64));
  CHECK(kernel.pci_at_top.value == Bytes::gib(1));
  CHECK(kernel.direct_map.value == Bytes::gib(128 * 1024));
  CHECK(kernel.thp);
  CHECK(kernel.split_folio.value == SimTime::microseconds(21));
  CHECK(kernel.page_free.value == SimTime::nanoseconds(31));
  CHECK(kernel.caches.l3.value == Bytes::mib(32));
  CHECK(kernel.caches.l3_latency.value == SimTime::nanoseconds(19));
  CHECK(kernel.gup.pgmap_reference.value == SimTime::nanoseconds(5));
  CHECK(kernel.fork.reuse_fault.value == SimTime::nanoseconds(9));
  CHECK(kernel.unmap.page.value == SimTime::nanoseconds(11));
  CHECK(kernel.notifier.retry.value == SimTime::nanoseconds(14));
  CHECK(kernel.shootdown.cpu.value == SimTime::nanoseconds(16));
  REQUIRE(kernel.pmem.size() == 2);
  CHECK(kernel.pmem[0].name == "fast");
  CHECK(kernel.pmem[0].capacity.value == Bytes::gib(128));
  CHECK(kernel.pmem[0].gup_every == SimTime::milliseconds(1));
  CHECK(kernel.pmem[0].gup_pages == 16);
  PmemSpec slow;
  slow.name = "slow";
  CHECK(kernel.pmem[1] == slow);
}

TEST_CASE("config: what injections and designs are given, they get") {
  const RunSpec spec = load(scenario(kEverything));
  CHECK(spec.inject.gup == GupInjection{SimTime::milliseconds(1), 65536, false, 0});
  CHECK(spec.inject.direct_io == PinInjection{SimTime::milliseconds(2), 2, false, SimTime::microseconds(30)});
  CHECK(spec.inject.rdma == PinInjection{SimTime::milliseconds(3), 3, true, SimTime::zero()});
  CHECK(spec.inject.fork == ForkInjection{SimTime::milliseconds(4), SimTime::milliseconds(1)});
  CHECK(spec.inject.unmap == UnmapInjection{SimTime::milliseconds(5), 5});
  const DesignSpec& design = spec.design;
  CHECK(design.to_host.collect.folio.value == SimTime::nanoseconds(17));
  CHECK(design.memmap_second_pass.value == SimTime::nanoseconds(6));
  CHECK(design.slow_page.value == SimTime::nanoseconds(101));
  CHECK(design.memmap == MemmapPlacement::kSlow);
  CHECK(design.linear_map == LinearMapPages::k2MiB);
  CHECK(design.folio == FolioSize::k2MiB);
  CHECK(design.tlb_flush == TlbFlush::kPage);
  CHECK(design.library.adoption.value == 0.3);
  CHECK(design.library.interpose);
  CHECK(design.library.bar == BarAccess::kNone);
  CHECK(design.library.bar_write.value == SimTime::nanoseconds(99));
  CHECK(design.library.staging_copy.value == Bandwidth::gigabytes_per_second(9));
  REQUIRE(spec.compare.size() == 3);
  CHECK(spec.compare[0] == CompareColumn{"own radix", {"design=separate_radix", "kernel.physical_bits=52"}});
  CHECK(spec.compare[1] == CompareColumn{"as it is", {}});
  CHECK(spec.compare[2].name == "HMM/2017 ~ \"shared\"");
}

TEST_CASE("config: kernel, injections, columns and designs' choices survive the resolved text") {
  check_round_trip(load(scenario(kEverything)));
  for (const char* name : {"none", "4 KiB", "2 MiB", "1 GiB"}) {
    const RunSpec spec = load(scenario(), {"design.linear_map=" + std::string(name)});
    CHECK(resolved_json(spec).find("\"linear_map\": \"" + std::string(name) + '"') != std::string::npos);
    check_round_trip(spec);
  }
  CHECK(load(scenario(), {"design.linear_map=4 KiB"}).design.linear_map == LinearMapPages::k4KiB);
  CHECK(load(scenario(), {"design.linear_map=1 GiB"}).design.linear_map == LinearMapPages::k1GiB);
  for (const char* set :
       {"design.memmap=altmap", "design.folio=4 KiB", "design.tlb_flush=range", "design.library.bar=mapped"}) {
    CAPTURE(set);
    check_round_trip(load(scenario(), {set}));
  }
}

TEST_CASE("config: a scenario that says nothing of the kernel gets its defaults, and nothing is injected") {
  const RunSpec spec = load(scenario());
  CHECK(spec.kernel == KernelSpec{});
  CHECK(spec.inject == InjectSpec{});
  CHECK(spec.inject.rdma.every == SimTime::zero());
  CHECK(spec.compare.empty());
  CHECK(spec.design.kind == "separate_radix");
  CHECK(spec.design.linear_map == LinearMapPages::kNone);
}

TEST_CASE("config: the kernel's prices are measured, or assumptions that say why") {
  const RunSpec spec = load(scenario());
  std::vector<std::string> seen;
  for (const Assumption& assumption : assumptions(spec)) {
    if (!assumption.pointer.starts_with("/kernel/") && !assumption.pointer.starts_with("/design/library/")) continue;
    CAPTURE(assumption.pointer);
    CHECK(assumption.source.starts_with("assumption: "));
    seen.push_back(assumption.pointer);
  }
  const auto assumed = [&](const char* pointer) { return std::find(seen.begin(), seen.end(), pointer) != seen.end(); };
  CHECK(assumed("/kernel/shootdown/cpu"));
  CHECK(assumed("/kernel/caches/l3_latency"));
  CHECK(assumed("/design/library/bar_read"));
  CHECK_FALSE(assumed("/kernel/gup/page"));
  CHECK(spec.kernel.gup.page.source.starts_with("measured: pin_user_pages"));
}

TEST_CASE("config: persistent memory can be taken away, and set from the command line") {
  const std::string two = R"(, "kernel": {"pmem": {"a": {}, "b": {}}})";
  const RunSpec spec = load(scenario(two), {"kernel.pmem.a=null", "kernel.pmem.c.capacity=1 GiB"});
  REQUIRE(spec.kernel.pmem.size() == 2);
  CHECK(spec.kernel.pmem[0].name == "b");
  CHECK(spec.kernel.pmem[1].name == "c");
  CHECK(spec.kernel.pmem[1].capacity == Sourced<Bytes>{Bytes::gib(1), "override on the command line"});
}

TEST_CASE("config: choices of designs that are not there are errors with those that are") {
  check({{R"("design": {"linear_map": "2 GiB"})", "/design/linear_map", "unknown name \"2 GiB\"", "\"1 GiB\""},
         {R"("design": {"linear_map": "2MiB"})", "/design/linear_map", "unknown name \"2MiB\"", "\"2 MiB\""},
         {R"("design": {"linear_map": false})", "/design/linear_map", "is a boolean, not a name",
          "none, 4 KiB, 2 MiB, 1 GiB"},
         {R"("design": {"linear_map": 4096})", "/design/linear_map", "is a number, not a name", ""},
         {R"("design": {"memmap": "vmem"})", "/design/memmap", "unknown name", "memory, altmap, slow"},
         {R"("design": {"folio": "1 GiB"})", "/design/folio", "unknown name", "known: 4 KiB, 2 MiB"},
         {R"("design": {"tlb_flush": "batch"})", "/design/tlb_flush", "unknown name", "range, page"},
         {R"("design": {"library": {"bar": "full"}})", "/design/library/bar", "unknown name", "none, mapped"},
         {R"("design": {"library": {"adoption": 1.5}})", "/design/library/adoption", "1.5 is out of range",
          "from 0 to 1"},
         {R"("design": {"library": {"adopt": 1}})", "/design/library/adopt", "unknown key", "adoption"},
         {R"("design": {"to_host": {"copy": {}}})", "/design/to_host/copy", "unknown key", ""}});
}

TEST_CASE("config: values of the kernel and of injections that cannot be are errors") {
  check({{R"("kernel": {"physical_bits": 35})", "/kernel/physical_bits", "35 is out of range", "from 36 to 52"},
         {R"("kernel": {"physical_bits": 53})", "/kernel/physical_bits", "53 is out of range", "from 36 to 52"},
         {R"("kernel": {"direct_map": "1 MiB"})", "/kernel/direct_map", "1 MiB is out of range", "at least 1 GiB"},
         {R"("kernel": {"thp": "always"})", "/kernel/thp", "is a string, not true or false", ""},
         {R"("kernel": {"gup": {"page": 62}})", "/kernel/gup/page", "62 is a number without a unit", "62 us"},
         {R"("kernel": {"notifer": {}})", "/kernel/notifer", "unknown key", "\"notifier\""},
         {R"("kernel": {"base": "x"})", "/kernel/base", "unknown key", ""},
         {R"("inject": {"gup": {"pages": 0}})", "/inject/gup/pages", "0 is out of range", "from 1 to 65536"},
         {R"("inject": {"rdma": {"pages": 65537}})", "/inject/rdma/pages", "65537 is out of range", ""},
         {R"("inject": {"fork": {"every": 3}})", "/inject/fork/every", "3 is a number without a unit", ""},
         {R"("inject": {"fork": {"pages": 3}})", "/inject/fork/pages", "unknown key", ""},
         {R"("inject": {"unmap": {"write": true}})", "/inject/unmap/write", "unknown key", ""}});
}

TEST_CASE("config: persistent memory has names of its own, and is not too much") {
  const auto pmem = [](const std::string& items) { return "\"kernel\": {\"pmem\": {" + items + "}}"; };
  check({{pmem(repeated("\"p%\": {}", 17)), "/kernel/pmem", "has 17 items", "16 are possible"},
         {pmem(R"("a b": {})"), "/kernel/pmem/a b", "\"a b\" is no name for a pmem", "letters"},
         {pmem(R"("a": {}, "a": {})"), "/kernel/pmem/a", "the key is there twice", ""},
         {pmem(R"("a": {"capacity": "1 MiB"})"), "/kernel/pmem/a/capacity", "1 MiB is out of range", "128 MiB"},
         {pmem(R"("a": {"gup_pages": 0})"), "/kernel/pmem/a/gup_pages", "0 is out of range", "from 1 to 65536"},
         {R"("kernel": {"pmem": []})", "/kernel/pmem", "is an array, not an object", "NAME"}});
  CHECK(problems(scenario(", " + pmem(repeated("\"p%\": {}", 16)))).empty());
}

TEST_CASE("config: columns that no comparison could show are errors") {
  const auto compare = [](const std::string& columns) { return "\"compare\": {" + columns + "}"; };
  const auto sets = [&](const std::string& list) { return compare("\"c\": {\"set\": " + list + "}"); };
  check({{sets(R"(["seed=3", "design"])"), "/compare/c/set/1", "\"design\" is not an assignment", "PATH=VALUE"},
         {sets(R"(["=3"])"), "/compare/c/set/0", "\"=3\" is not an assignment", ""},
         {sets(R"(["a..b=3"])"), "/compare/c/set/0", "\"a..b=3\" is not an assignment", ""},
         {sets(R"(["compare.d.set=3"])"), "/compare/c/set/0", "a column cannot change the columns", ""},
         {sets(R"(["seed=3", 4])"), "/compare/c/set", "entry 1: is a number, not a string", ""},
         {sets(R"("seed=3")"), "/compare/c/set", "is a string, not an array of strings", "[\"a\", \"b\"]"},
         {sets("[" + repeated("\"seed=%\"", 65) + "]"), "/compare/c/set", "has 65 entries", "at most 64"},
         {compare(R"("c": {"sets": []})"), "/compare/c/sets", "unknown key", "\"set\""},
         {compare(R"("c": ["seed=3"])"), "/compare/c", "is an array, not an object", ""},
         {compare(R"("c": {}, "c": {})"), "/compare/c", "the key is there twice", ""},
         {compare(R"(" c": {})"), "/compare/ c", "\" c\" is no name for a column", "without blanks"},
         {compare(R"("": {})"), "/compare/", "\"\" is no name for a column", ""},
         {compare('"' + std::string(49, 'c') + "\": {}"), "/compare/" + std::string(49, 'c'), "\"ccc", "1 to 48 bytes"},
         {compare(R"("a\u001bb": {})"), "/compare/a\\x1Bb", "\"a\\x1Bb\" is no name", ""},
         {compare(repeated("\"c%\": {}", 33)), "/compare", "has 33 columns", "32 are possible"},
         {R"("compare": [])", "/compare", "is an array, not an object", ""}});
  CHECK(problems(scenario(", " + compare(repeated("\"c%\": {}", 32)))).empty());
  CHECK(problems(scenario(", " + sets("[" + repeated("\"seed=%\"", 64) + "]"))).empty());
}

}  // namespace config_kernel_test
}  // namespace farfault::config_test
