#include "sim/sweep/memory_budget.h"

#include <doctest/doctest.h>

#include <limits>

namespace farfault::sweep {
namespace memory_budget_test {

TEST_CASE("sweep: jobs fit as long as what all are thought to need is within the budget") {
  MemoryBudget budget(100);
  CHECK(budget.fits(100));
  budget.start(1, 40);
  CHECK(budget.fits(60));
  CHECK_FALSE(budget.fits(61));
  budget.start(2, 60);
  CHECK(budget.fits(0));
  CHECK_FALSE(budget.fits(1));
  budget.end(1);
  CHECK(budget.fits(40));
  CHECK_FALSE(budget.fits(41));
}

TEST_CASE("sweep: a job that is larger than the budget runs alone") {
  MemoryBudget budget(100);
  budget.start(1, 1);
  CHECK_FALSE(budget.fits(1000));
  budget.end(1);
  CHECK(budget.fits(1000));
  budget.start(2, std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(budget.fits(1));
}

TEST_CASE("sweep: what no single job holds counts once") {
  MemoryBudget budget(100);
  budget.hold(50);
  budget.start(1, 25);
  CHECK(budget.fits(25));
  CHECK_FALSE(budget.fits(26));
  budget.release(50);
  CHECK(budget.fits(75));
}

TEST_CASE("sweep: a workload that was seen needs the most that was seen and a quarter") {
  MemoryBudget budget(100);
  CHECK_FALSE(budget.knows("a"));
  CHECK(budget.need("a", 7) == 7);
  budget.saw("a", 40);
  budget.saw("a", 20);
  CHECK(budget.knows("a"));
  CHECK(budget.need("a", 7) == 50);
  CHECK(budget.need("b", 7) == 7);
}

TEST_CASE("sweep: a job that takes more than it was thought to is counted with what it takes") {
  MemoryBudget budget(100);
  budget.start(1, 10);
  budget.takes(1, 5);
  CHECK(budget.fits(90));
  budget.takes(1, 30);
  CHECK_FALSE(budget.fits(90));
  CHECK(budget.fits(70));
  budget.takes(1, 5);  // it may take as much again
  CHECK_FALSE(budget.fits(90));
}

TEST_CASE("sweep: when jobs take more than there is the last one is too many") {
  MemoryBudget budget(100);
  CHECK_FALSE(budget.one_too_many());
  budget.start(1, 10);
  budget.takes(1, 1000);
  CHECK_FALSE(budget.one_too_many());  // it alone cannot be helped
  budget.takes(1, 60);
  budget.start(2, 10);
  budget.start(3, 10);
  budget.takes(2, 20);
  budget.takes(3, 20);
  CHECK_FALSE(budget.one_too_many());
  budget.takes(2, 21);
  CHECK(budget.one_too_many() == 3);
  budget.end(3);
  CHECK_FALSE(budget.one_too_many());
  budget.hold(20);
  CHECK(budget.one_too_many() == 2);
}

TEST_CASE("sweep: the system tells how much memory is available") {
  CHECK(available_memory() > std::uint64_t{1} << 20U);
  CHECK(available_memory() < std::uint64_t{1} << 50U);
}

}  // namespace memory_budget_test
}  // namespace farfault::sweep
