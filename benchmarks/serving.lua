-- wrk's part of serving.py: one body a request from a file of lines, in order; the figures as one line of JSON at the end.
--   wrk … -s serving.lua URL -- HEADERS BODIES START     headers and bodies are files, START a place in bytes

local running

function setup(thread)
   running = thread
end

function init(arguments)
   local named = io.open(arguments[1])
   head = "POST " .. wrk.path .. " HTTP/1.1\r\n" .. named:read("*a")
   named:close()
   lines = io.open(arguments[2])
   lines:setvbuf("full", 1048576)
   lines:seek("set", tonumber(arguments[3]))
   place, again = tonumber(arguments[3]), 0
end

function request()
   local body = lines:read("*l")
   if body == nil then
      lines:seek("set", 0)
      again, place = again + 1, 0
      body = lines:read("*l")
   end
   place = place + #body + 1
   return head .. "content-length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency, requests)
   local failed = summary.errors
   print(string.format(
      '{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "failed": %d, "place": %d, "again": %d}',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      failed.connect + failed.read + failed.write + failed.status + failed.timeout,
      running:get("place"), running:get("again")
   ))
end
