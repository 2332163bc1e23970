// Measures what farfault's models take from a machine: copies by size, loads from host memory, device memory, launches.
// Writes the CSV that `farfault calibrate` reads to standard output.
//
//   nvcc -O2 -std=c++17 -o measure measure.cu
//   ./measure [DEVICE] > my-gpu.csv
//
// Plain CUDA: no managed memory, so nothing here depends on the driver's migration. Each value is the median of
// repetitions; low and high are their quartiles. Takes a minute or so and at most 1 GiB of device memory.

#include <cuda_runtime.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr int kRepetitions = 21;
constexpr std::size_t kLargestCopy = std::size_t{256} << 20U;
constexpr std::size_t kRemoteBytes = std::size_t{256} << 20U;
constexpr std::size_t kLine = 128;  // of the device: accesses of a warp within it are one request

void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  std::fprintf(stderr, "measure: %s: %s\n", what, cudaGetErrorString(result));
  std::exit(1);
}

/// Median and quartiles of some runs, the first of which is thrown away.
struct Spread {
  double low;
  double median;
  double high;
};

Spread spread_of(const std::function<double()>& run) {
  run();
  std::vector<double> values;
  for (int i = 0; i < kRepetitions; ++i) values.push_back(run());
  std::sort(values.begin(), values.end());
  return {values[kRepetitions / 4], values[kRepetitions / 2], values[kRepetitions - 1 - kRepetitions / 4]};
}

/// kind,size,value,unit,low,high,direction,memory,pieces,name
void print_time(const char* kind, std::size_t size, const Spread& us, const char* direction, const char* memory,
                const char* name) {
  std::printf("%s,%zu,%.4f,us,%.4f,%.4f,%s,%s,,%s\n", kind, size, us.median, us.low, us.high, direction, memory, name);
}

void print_rate(const char* kind, std::size_t size, const Spread& gbs, const char* pieces, const char* name) {
  std::printf("%s,%zu,%.4f,GB/s,%.4f,%.4f,,,%s,%s\n", kind, size, gbs.median, gbs.low, gbs.high, pieces, name);
}

class Timer {
 public:
  Timer() {
    check(cudaEventCreate(&begin_), "cudaEventCreate");
    check(cudaEventCreate(&end_), "cudaEventCreate");
  }
  ~Timer() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Microseconds that the device was at it.
  double time(cudaStream_t stream, const std::function<void()>& work) {
    check(cudaEventRecord(begin_, stream), "cudaEventRecord");
    work();
    check(cudaEventRecord(end_, stream), "cudaEventRecord");
    check(cudaEventSynchronize(end_), "cudaEventSynchronize");
    float ms = 0;
    check(cudaEventElapsedTime(&ms, begin_, end_), "cudaEventElapsedTime");
    return ms * 1e3;
  }

 private:
  cudaEvent_t begin_;
  cudaEvent_t end_;
};

// Copies. Back to back, many small ones hide what starting one takes, so each is timed alone, between two events. What
// two events take without anything between them is taken off.

double empty_us(Timer& timer, cudaStream_t stream) {
  return spread_of([&] { return timer.time(stream, [] {}); }).median;
}

Spread without(Spread spread, double us) {
  // What remains is above zero: the CSV has no other times.
  const auto off = [us](double value) { return std::max(value - us, value * 0.05); };
  return {off(spread.low), off(spread.median), off(spread.high)};
}

void measure_copies(char* device, char* device_too, char* pinned, char* pinned_too, char* pageable) {
  Timer timer;
  cudaStream_t stream;
  cudaStream_t other;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  check(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), "cudaStreamCreate");
  const double events = empty_us(timer, stream);
  for (std::size_t size = 4096; size <= kLargestCopy; size *= 2) {
    for (const bool to_device : {true, false}) {
      const char* const direction = to_device ? "to_device" : "to_host";
      const cudaMemcpyKind kind = to_device ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost;
      const auto copy = [&](char* host) {
        void* const to = to_device ? device : host;
        const void* const from = to_device ? host : device;
        check(cudaMemcpyAsync(to, from, size, kind, stream), "cudaMemcpyAsync");
      };
      print_time("copy", size, without(spread_of([&] { return timer.time(stream, [&] { copy(pinned); }); }), events),
                 direction, "pinned", "");
      print_time("copy", size, without(spread_of([&] { return timer.time(stream, [&] { copy(pageable); }); }), events),
                 direction, "pageable", "");
      // The other way is kept busy from before to after: four times the bytes, begun first.
      if (size < (std::size_t{1} << 20U)) continue;
      const Spread both = spread_of([&] {
        const cudaMemcpyKind back = to_device ? cudaMemcpyDeviceToHost : cudaMemcpyHostToDevice;
        for (std::size_t moved = 0; moved < 4 * size + (std::size_t{16} << 20U); moved += size) {
          void* const to = to_device ? pinned_too : device_too;
          const void* const from = to_device ? device_too : pinned_too;
          check(cudaMemcpyAsync(to, from, size, back, other), "cudaMemcpyAsync");
        }
        const double us = timer.time(stream, [&] { copy(pinned); });
        if (cudaStreamQuery(other) == cudaSuccess) std::fprintf(stderr, "measure: the other way ended early\n");
        static_cast<void>(cudaGetLastError());  // "not ready", which is no error
        check(cudaStreamSynchronize(other), "cudaStreamSynchronize");
        return us;
      });
      print_time("copy_both", size, without(both, events), direction, "pinned", "");
    }
  }
  check(cudaStreamDestroy(stream), "cudaStreamDestroy");
  check(cudaStreamDestroy(other), "cudaStreamDestroy");
}

// Loads from host memory.

/// Each warp reads `bytes` of every line: bytes / 4 of its lanes load a word each, in one request that begins `shift`
/// into the line. Lines are read once, in order of the grid.
__global__ void read_lines(const char* memory, std::size_t lines, unsigned bytes, unsigned shift, unsigned* sink) {
  const unsigned lane = threadIdx.x % 32;
  const std::size_t warp = (blockIdx.x * static_cast<std::size_t>(blockDim.x) + threadIdx.x) / 32;
  const std::size_t warps = static_cast<std::size_t>(gridDim.x) * blockDim.x / 32;
  unsigned sum = 0;
  if (lane * 4 < bytes) {
    for (std::size_t line = warp; line + 1 < lines; line += warps) {
      sum += *reinterpret_cast<const volatile unsigned*>(memory + line * kLine + shift + lane * 4);
    }
  }
  if (sum == 0x9e3779b9U) *sink = sum;
}

void measure_remote(const char* host_seen_by_device, unsigned* sink, int multiprocessors) {
  struct Request {
    unsigned bytes;
    unsigned shift;
    const char* pieces;  ///< requests that the line's boundary makes of it
  };
  Timer timer;
  // Shifted ones use lines of their own kind: 128 bytes from 32 into the line are 96 and 32.
  for (const Request& r : {Request{32, 0, "32"}, Request{64, 0, "64"}, Request{96, 0, "96"}, Request{128, 0, "128"},
                           Request{128, 32, "96+32"}, Request{128, 64, "64+64"}}) {
    const std::size_t lines = kRemoteBytes / kLine;
    const Spread rate = spread_of([&] {
      const double us = timer.time(nullptr, [&] {
        read_lines<<<multiprocessors * 8, 256>>>(host_seen_by_device, lines, r.bytes, r.shift, sink);
        check(cudaGetLastError(), "read_lines");
      });
      return static_cast<double>(lines - 1) * r.bytes / us * 1e-3;
    });
    print_rate("remote_read", r.bytes, rate, r.pieces, r.shift == 0 ? "aligned" : "misaligned");
  }
}

// Pointer chases: one thread, each load's address is the last one's value.

__global__ void chase(const std::uint32_t* next, unsigned steps, unsigned* sink) {
  std::uint32_t at = 0;
  for (unsigned i = 0; i < steps; ++i) at = *reinterpret_cast<const volatile std::uint32_t*>(next + at);
  *sink = at;
}

/// One cycle through all lines of `bytes`, in random order, as word offsets.
std::vector<std::uint32_t> cycle_of(std::size_t bytes) {
  const std::size_t lines = bytes / kLine;
  std::vector<std::uint32_t> order(lines);
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin() + 1, order.end(), std::mt19937(1));
  std::vector<std::uint32_t> next(bytes / 4);
  for (std::size_t i = 0; i < lines; ++i) {
    next[order[i] * (kLine / 4)] = order[(i + 1) % lines] * static_cast<std::uint32_t>(kLine / 4);
  }
  return next;
}

/// Nanoseconds a load, over as many as cost little: two lengths, so that the launch drops out.
Spread chase_ns(const std::uint32_t* next, unsigned steps, unsigned* sink) {
  Timer timer;
  const auto us = [&](unsigned n) {
    return timer.time(nullptr, [&] {
      chase<<<1, 1>>>(next, n, sink);
      check(cudaGetLastError(), "chase");
    });
  };
  return spread_of([&] { return std::max(us(3 * steps) - us(steps), 1e-3) / (2.0 * steps) * 1e3; });
}

void print_latency(const char* kind, std::size_t size, const Spread& ns, const char* name) {
  std::printf("%s,%zu,%.3f,ns,%.3f,%.3f,,,,%s\n", kind, size, ns.median, ns.low, ns.high, name);
}

void measure_latencies(char* device, char* pinned, const std::uint32_t* pinned_seen_by_device, unsigned* sink) {
  for (std::size_t size = std::size_t{64} << 10U; size <= kLargestCopy; size *= 2) {
    const std::vector<std::uint32_t> next = cycle_of(size);
    check(cudaMemcpy(device, next.data(), size, cudaMemcpyHostToDevice), "cudaMemcpy");
    print_latency("memory_latency", size, chase_ns(reinterpret_cast<std::uint32_t*>(device), 20000, sink), "");
  }
  const std::size_t size = std::size_t{64} << 20U;
  const std::vector<std::uint32_t> next = cycle_of(size);
  std::copy(next.begin(), next.end(), reinterpret_cast<std::uint32_t*>(pinned));
  print_latency("remote_latency", 0, chase_ns(pinned_seen_by_device, 2000, sink), "");
}

// Device memory and launches.

__global__ void triad(double* a, const double* b, const double* c, std::size_t n) {
  for (std::size_t i = blockIdx.x * static_cast<std::size_t>(blockDim.x) + threadIdx.x; i < n;
       i += static_cast<std::size_t>(gridDim.x) * blockDim.x) {
    a[i] = b[i] + 3 * c[i];
  }
}

__global__ void nothing() {}

void measure_memory(char* device, std::size_t bytes, int multiprocessors) {
  Timer timer;
  const std::size_t n = bytes / 3 / sizeof(double);
  auto* const a = reinterpret_cast<double*>(device);
  const Spread rate = spread_of([&] {
    const double us = timer.time(nullptr, [&] {
      triad<<<multiprocessors * 16, 256>>>(a, a + n, a + 2 * n, n);
      check(cudaGetLastError(), "triad");
    });
    return 3.0 * sizeof(double) * static_cast<double>(n) / us * 1e-3;
  });
  print_rate("memory_bandwidth", 3 * sizeof(double) * n, rate, "", "triad");
  // Launches one after the other in a stream: what one takes when nothing else does.
  constexpr int kLaunches = 100;
  const Spread launch = spread_of([&] {
    return timer.time(nullptr, [] {
             for (int i = 0; i < kLaunches; ++i) nothing<<<1, 32>>>();
           }) /
           kLaunches;
  });
  print_time("launch_latency", 0, launch, "", "", "empty kernel");
}

void print_header(int device, const cudaDeviceProp& properties) {
  int driver = 0;
  int runtime = 0;
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  const std::time_t now = std::time(nullptr);
  char date[32] = "";
  std::strftime(date, sizeof date, "%Y-%m-%d", std::gmtime(&now));
  char bus[32] = "";
  check(cudaDeviceGetPCIBusId(bus, sizeof bus, device), "cudaDeviceGetPCIBusId");
  for (char* c = bus; *c != '\0'; ++c) *c = static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  std::printf("# Measured by farfault's analysis/measure/measure.cu.\n# date: %s\n# device: %s\n", date,
              properties.name);
  std::printf("# driver: CUDA %d.%d, runtime %d.%d\n", driver / 1000, driver % 100 / 10, runtime / 1000,
              runtime % 100 / 10);
  for (const char* file : {"current_link_speed", "current_link_width", "max_link_speed", "max_link_width"}) {
    // The kernel's own words: "8.0 GT/s PCIe", "16". A link may idle at a lower speed than it copies with.
    const std::string path = std::string("/sys/bus/pci/devices/") + bus + '/' + file;
    char text[64] = "";
    if (std::FILE* const sys = std::fopen(path.c_str(), "r")) {
      if (std::fgets(text, sizeof text, sys) != nullptr) text[std::string(text).find_last_not_of("\n") + 1] = '\0';
      std::fclose(sys);
    }
    std::printf("# pcie %s: %s\n", file, text[0] == '\0' ? "unknown" : text);
  }
  std::printf("# value: median of %d repetitions; low, high: quartiles\n", kRepetitions);
  std::printf("kind,size,value,unit,low,high,direction,memory,pieces,name\n");
}

}  // namespace

int main(int argc, char** argv) {
  const int device = argc > 1 ? std::atoi(argv[1]) : 0;
  check(cudaSetDevice(device), "cudaSetDevice");
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  char* on_device = nullptr;
  char* on_device_too = nullptr;
  char* pinned = nullptr;
  char* pinned_too = nullptr;
  void* seen = nullptr;
  unsigned* sink = nullptr;
  const std::size_t most = 3 * kLargestCopy;
  check(cudaMalloc(&on_device, most), "cudaMalloc");
  check(cudaMalloc(&on_device_too, kLargestCopy), "cudaMalloc");
  check(cudaMalloc(&sink, sizeof *sink), "cudaMalloc");
  check(cudaHostAlloc(&pinned, kLargestCopy, cudaHostAllocMapped), "cudaHostAlloc");
  check(cudaHostAlloc(&pinned_too, kLargestCopy, cudaHostAllocDefault), "cudaHostAlloc");
  check(cudaHostGetDevicePointer(&seen, pinned, 0), "cudaHostGetDevicePointer");
  std::vector<char> pageable(kLargestCopy, 1);
  std::fill_n(pinned, kLargestCopy, 1);
  std::fill_n(pinned_too, kLargestCopy, 1);
  check(cudaMemset(on_device, 1, most), "cudaMemset");
  check(cudaMemset(on_device_too, 1, kLargestCopy), "cudaMemset");

  print_header(device, properties);
  measure_copies(on_device, on_device_too, pinned, pinned_too, pageable.data());
  measure_remote(static_cast<const char*>(seen), sink, properties.multiProcessorCount);
  measure_memory(on_device, most, properties.multiProcessorCount);
  measure_latencies(on_device, pinned, static_cast<const std::uint32_t*>(seen), sink);
  check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  return std::fflush(stdout) == 0 ? 0 : 1;
}
