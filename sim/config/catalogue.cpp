#include "sim/config/catalogue.h"

namespace farfault {

Catalogue make_catalogue() {
  Catalogue catalogue;
  register_policies(catalogue.policies);
  register_designs(catalogue.designs);
  traces::register_generators(catalogue.generators);
  return catalogue;
}

}  // namespace farfault
