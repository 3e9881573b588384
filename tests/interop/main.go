// SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception

// VMware's own vCenter simulator (govmomi) as an independent witness of the protocol.
//
// Its QueryPerf stamps each answer with "now" to the nanosecond and adds noise to each value, so
// two clients never read the same. Here VMware's method is asked once for each series and its answer
// kept, so that they do. Encoder, newest-first order, dropped zeros, sessions, property collector
// and counters stay VMware's.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"log"
	"net"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const historySamples = 180 // one hour of real-time samples

type entityKey struct {
	entity   types.ManagedObjectReference
	interval int32
}

type seriesKey struct {
	entityKey
	metric types.PerfMetricId
}

// perfManager is VMware's PerformanceManager, except that what it has said once it says again.
type perfManager struct {
	simulator.PerformanceManager // by value: the property collector looks into the first field

	whole  bool // a zero is told as one, so that the encoder drops none
	mutex  sync.Mutex
	frozen map[entityKey]time.Time // the "now" of all series of an entity
	memo   map[seriesKey]*types.PerfEntityMetric
}

// QueryPerfCounter replaces VMware's, which ends in a nil pointer in this version.
func (p *perfManager) QueryPerfCounter(ctx *simulator.Context, req *types.QueryPerfCounter) soap.HasFault {
	res := new(types.QueryPerfCounterResponse)
	for _, id := range req.CounterId {
		found := false
		for _, info := range p.PerfCounter {
			if info.Key == id {
				res.Returnval = append(res.Returnval, info)
				found = true
			}
		}
		if !found {
			fault := &types.InvalidArgument{InvalidProperty: "counterId"}
			return &methods.QueryPerfCounterBody{Fault_: simulator.Fault("", fault)}
		}
	}
	return &methods.QueryPerfCounterBody{Res: res}
}

// QueryPerf answers from the memo.
func (p *perfManager) QueryPerf(ctx *simulator.Context, req *types.QueryPerf) soap.HasFault {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	res := new(types.QueryPerfResponse)
	for i := range req.QuerySpec {
		metric, fault := p.entityMetric(ctx, &req.QuerySpec[i])
		if fault != nil {
			return fault
		}
		res.Returnval = append(res.Returnval, metric)
	}
	return &methods.QueryPerfBody{Res: res}
}

func (p *perfManager) entityMetric(ctx *simulator.Context, spec *types.PerfQuerySpec) (*types.PerfEntityMetric, soap.HasFault) {
	out := &types.PerfEntityMetric{PerfEntityMetricBase: types.PerfEntityMetricBase{Entity: spec.Entity}}
	key := entityKey{spec.Entity, spec.IntervalId}
	for _, id := range p.expand(spec) {
		whole, fault := p.series(ctx, seriesKey{key, id})
		if fault != nil {
			return nil, fault
		}
		first, n := window(whole.SampleInfo, spec)
		values := whole.Value[0].(*types.PerfMetricIntSeries)
		cut := &types.PerfMetricIntSeries{Value: values.Value[first : first+n]}
		cut.Id = id
		out.SampleInfo = whole.SampleInfo[first : first+n]
		out.Value = append(out.Value, cut)
	}
	return out, nil
}

// series asks VMware's method at the first call for a key; the same end time for all series of an
// entity makes them share their time stamps.
func (p *perfManager) series(ctx *simulator.Context, key seriesKey) (*types.PerfEntityMetric, soap.HasFault) {
	if known := p.memo[key]; known != nil {
		return known, nil
	}
	if _, ok := p.frozen[key.entityKey]; !ok {
		p.frozen[key.entityKey] = time.Now()
	}
	end := p.frozen[key.entityKey]
	start := end.Add(-time.Hour)
	body := p.PerformanceManager.QueryPerf(ctx, &types.QueryPerf{QuerySpec: []types.PerfQuerySpec{{
		Entity: key.entity, IntervalId: key.interval, MetricId: []types.PerfMetricId{key.metric},
		StartTime: &start, EndTime: &end, MaxSample: historySamples,
	}}})
	if body.Fault() != nil {
		return nil, body
	}
	answer := body.(*methods.QueryPerfBody).Res.Returnval[0].(*types.PerfEntityMetric)
	values := answer.Value[0].(*types.PerfMetricIntSeries).Value
	for i := range values {
		if p.whole && values[i] == 0 {
			values[i] = 1
		}
	}
	p.memo[key] = answer
	return answer, nil
}

// expand puts the instances that QueryAvailablePerfMetric lists in the place of "*".
func (p *perfManager) expand(spec *types.PerfQuerySpec) []types.PerfMetricId {
	if simulator.Map.Get(spec.Entity) == nil { // VMware's list would panic
		return spec.MetricId
	}
	var ids []types.PerfMetricId
	listed := p.QueryAvailablePerfMetric(nil, &types.QueryAvailablePerfMetric{
		Entity: spec.Entity, IntervalId: spec.IntervalId}).(*methods.QueryAvailablePerfMetricBody)
	for _, want := range spec.MetricId {
		if want.Instance != "*" {
			ids = append(ids, want)
			continue
		}
		for _, have := range listed.Res.Returnval {
			if have.CounterId == want.CounterId {
				ids = append(ids, have)
			}
		}
	}
	return ids
}

// window finds the samples a client asked for: newest first as VMware sends them, start exclusive,
// end inclusive, none without maxSample.
func window(info []types.PerfSampleInfo, spec *types.PerfQuerySpec) (first, n int) {
	for first < len(info) && spec.EndTime != nil && info[first].Timestamp.After(*spec.EndTime) {
		first++
	}
	for first+n < len(info) && n < int(spec.MaxSample) &&
		(spec.StartTime == nil || info[first+n].Timestamp.After(*spec.StartTime)) {
		n++
	}
	return first, n
}

// giveCPUs makes VMs of one to four vCPUs, which no model setting can.
func giveCPUs() int {
	vms := simulator.Map.All("VirtualMachine")
	for i, object := range vms {
		vm := object.(*simulator.VirtualMachine)
		vm.Config.Hardware.NumCPU = int32(i%4 + 1)
		vm.Summary.Config.NumCpu = int32(i%4 + 1)
	}
	return len(vms)
}

func main() {
	model := simulator.VPX()
	model.Portgroup = 0
	flag.IntVar(&model.Datacenter, "datacenters", 2, "datacenters")
	flag.IntVar(&model.Cluster, "clusters", 4, "clusters of a datacenter")
	flag.IntVar(&model.ClusterHost, "cluster-hosts", 3, "hosts of a cluster")
	flag.IntVar(&model.Host, "hosts", 1, "standalone hosts of a datacenter")
	flag.IntVar(&model.Machine, "machines", 5, "VMs of a cluster and of a standalone host")
	listen := flag.String("listen", "127.0.0.1:0", "loopback address and port; port 0 = any")
	user := flag.String("user", "user", "the only user who may log in")
	password := flag.String("password", "pass", "and the password")
	uuid := flag.String("uuid", "", "about.instanceUuid; VMware's own if empty")
	plain := flag.Bool("plain", false, "leave QueryPerf as VMware wrote it")
	whole := flag.Bool("whole", false, "tell zeros as ones, which VMware's encoder does not drop")
	secure := flag.Bool("tls", false, "HTTPS with the certificate built into Go")
	life := flag.Duration("life", 30*time.Minute, "ends by itself after this time")
	flag.Parse()

	host, _, err := net.SplitHostPort(*listen)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		log.Fatalf("-listen %s: not a loopback address", *listen)
	}
	if *uuid != "" {
		model.ServiceContent.About.InstanceUuid = *uuid
	}
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}
	defer model.Remove() // its datastores are folders under TMPDIR
	vms := giveCPUs()
	perf := simulator.Map.Get(*model.ServiceContent.PerfManager).(*simulator.PerformanceManager)
	if !*plain {
		simulator.Map.Put(&perfManager{PerformanceManager: *perf, whole: *whole,
			frozen: map[entityKey]time.Time{}, memo: map[seriesKey]*types.PerfEntityMetric{}})
	}
	model.Service.Listen = &url.URL{Host: *listen, User: url.UserPassword(*user, *password)}
	if *secure {
		model.Service.TLS = new(tls.Config)
	}
	server := model.Service.NewServer()
	defer server.Close()

	address := *server.URL
	address.User = nil
	json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"url": address.String(), "pid": os.Getpid(), "vms": vms})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-stop:
	case <-time.After(*life):
	}
}
