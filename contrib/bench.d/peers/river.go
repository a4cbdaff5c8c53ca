// river.go - a client of River with the commands of README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// What River's own benchmark measures with: 2,000 workers and a fetch every
// 2 ms, which by default is every 100 ms; 1,000 or 5,000 workers, a fetch every
// ms or a second client made no difference that lasts. The completer always
// works in batches. Jobs are inserted by COPY (InsertManyFast).
var settings = map[string]int{
	"clients":     1,
	"workers":     2000,
	"cooldown_ms": 2,
	"poll_ms":     20,
	"connections": 10,
}

var payload args // of jobs that tell no time

const (
	bulk    = 5000
	backlog = 20_000 // of steady: enough that no worker waits
	group   = 10     // of steady with a rate: the least jobs of one submit
	warmUp  = 20     // jobs of latency that are not measured
	stuck   = time.Minute
)

type args struct {
	T    int64  `json:"t,omitempty"` // when the submit was called, ns of the clock
	Text string `json:"text,omitempty"`
}

func (args) Kind() string { return "noop" }

type worker struct {
	river.WorkerDefaults[args]
	started func(t int64)
}

func (w *worker) Work(_ context.Context, job *river.Job[args]) error {
	if job.Args.T != 0 {
		w.started(job.Args.T)
	}
	return nil
}

// Sees when the first fetch is sent.
type tracer struct{ first atomic.Int64 }

func (t *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if t.first.Load() == 0 && strings.Contains(q.SQL, "JobGetAvailable") {
		t.first.CompareAndSwap(0, time.Now().UnixNano())
	}
	return ctx
}

func (t *tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func pool(ctx context.Context, t *tracer) *pgxpool.Pool {
	config, err := pgxpool.ParseConfig("") // PGHOST, PGDATABASE, PGUSER
	check(err)
	config.MaxConns = int32(settings["connections"])
	if t != nil {
		config.ConnConfig.Tracer = t
	}
	p, err := pgxpool.NewWithConfig(ctx, config)
	check(err)
	check(p.Ping(ctx))
	return p
}

func newClient(p *pgxpool.Pool, id string, started func(int64)) *river.Client[pgx.Tx] {
	ms := func(name string) time.Duration { return time.Duration(settings[name]) * time.Millisecond }
	config := &river.Config{
		ID:                id,
		FetchCooldown:     ms("cooldown_ms"),
		FetchPollInterval: ms("poll_ms"),
		Logger:            slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if started != nil {
		config.Workers = river.NewWorkers()
		river.AddWorker(config.Workers, &worker{started: started})
		config.Queues = map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: settings["workers"]},
		}
	}
	c, err := river.NewClient(riverpgxv5.New(p), config)
	check(err)
	return c
}

// Clients that work, and what they have seen.
type workers struct {
	trace   tracer
	done    atomic.Int64
	last    atomic.Int64
	clients []*river.Client[pgx.Tx]
}

// Counts a job when the completer says that the database has it.
func (w *workers) count(events <-chan *river.Event) {
	for range events {
		w.done.Add(1)
		w.last.Store(time.Now().UnixNano())
	}
}

func startWorkers(ctx context.Context, n int, started func(int64)) *workers {
	w := &workers{}
	for i := range n {
		c := newClient(pool(ctx, &w.trace), fmt.Sprint("client", i), started)
		events, _ := c.SubscribeConfig(&river.SubscribeConfig{
			ChanSize: 1_000_000, // an event that finds no room is lost
			Kinds:    []river.EventKind{river.EventKindJobCompleted},
		})
		go w.count(events)
		w.clients = append(w.clients, c)
	}
	for _, c := range w.clients {
		check(c.Start(ctx))
	}
	return w
}

func (w *workers) stop(ctx context.Context) {
	for _, c := range w.clients {
		check(c.Stop(ctx))
	}
}

type producer struct {
	client *river.Client[pgx.Tx]
	params []river.InsertManyParams
}

func newProducer(ctx context.Context) *producer {
	p := &producer{client: newClient(pool(ctx, nil), "producer", nil), params: make([]river.InsertManyParams, bulk)}
	return p
}

func (p *producer) bulk(ctx context.Context, n int, a args) {
	for i := range n {
		p.params[i].Args = a
	}
	_, err := p.client.InsertManyFast(ctx, p.params[:n])
	check(err)
}

func (p *producer) fill(ctx context.Context, n int) {
	for ; n > 0; n -= bulk {
		p.bulk(ctx, min(n, bulk), payload)
	}
}

func setup(ctx context.Context) {
	m, err := rivermigrate.New(riverpgxv5.New(pool(ctx, nil)), nil)
	check(err)
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	check(err)
}

func cpu() float64 {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

func drain(ctx context.Context, n int64) {
	before := cpu()
	w := startWorkers(ctx, settings["clients"], func(int64) {})
	seen, since := int64(0), time.Now()
	for w.done.Load() < n {
		if done := w.done.Load(); done != seen {
			seen, since = done, time.Now()
		} else if time.Since(since) > stuck {
			check(fmt.Errorf("stuck at %d of %d", done, n))
		}
		time.Sleep(time.Millisecond)
	}
	used := cpu() - before
	elapsed := time.Duration(w.last.Load() - w.trace.first.Load())
	w.stop(ctx)
	fmt.Printf("jobs/s %.0f\ncpu_s %.3f\n", float64(n)/elapsed.Seconds(), used)
}

// The child of latency.
func read(ctx context.Context, n int) {
	picked := make(chan time.Duration, n)
	w := startWorkers(ctx, 1, func(t int64) { picked <- time.Duration(time.Now().UnixNano() - t) })
	time.Sleep(time.Second) // idle: what the start has to do is done
	fmt.Println("ready")
	for i := range n + warmUp {
		select {
		case d := <-picked:
			if i >= warmUp {
				fmt.Printf("pickup_ms %.3f\n", d.Seconds()*1e3)
			}
		case <-time.After(stuck):
			check(errors.New("stuck: nothing was picked up"))
		}
	}
	w.stop(ctx)
}

func latency(ctx context.Context, n int, hz float64) {
	child := exec.Command(os.Args[0], "read", strconv.Itoa(n))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	check(err)
	check(child.Start())
	p := newProducer(ctx)
	lines := bufio.NewScanner(out)
	lines.Scan() // ready
	go func() {
		next := time.Now()
		for range n + warmUp {
			next = next.Add(time.Duration(float64(time.Second) / hz))
			time.Sleep(time.Until(next))
			_, err := p.client.Insert(ctx, args{T: time.Now().UnixNano()}, nil)
			check(err)
		}
	}()
	for lines.Scan() {
		fmt.Println(lines.Text())
	}
	check(child.Wait())
}

// Pick-up times of a load at a rate.
type pickups struct {
	sync.Mutex
	all []time.Duration
}

func (p *pickups) add(t int64) {
	d := time.Duration(time.Now().UnixNano() - t)
	p.Lock()
	p.all = append(p.all, d)
	p.Unlock()
}

func (p *pickups) print() {
	p.Lock()
	defer p.Unlock()
	slices.Sort(p.all)
	for _, percent := range []float64{50, 99, 99.9} {
		if n := len(p.all); n > 0 {
			fmt.Printf("pickup_p%g_ms %.3f\n", percent, p.all[int(float64(n-1)*percent/100)].Seconds()*1e3)
		}
	}
}

// Sends up to a backlog, or at a rate, until stopping.
func (p *producer) send(ctx context.Context, rate int, w *workers, sent int64, stopping *atomic.Bool) {
	for begin := time.Now(); !stopping.Load(); {
		due := int64(float64(rate)*time.Since(begin).Seconds()) - sent
		switch {
		case rate > 0 && due >= group:
			n := min(due, bulk)
			p.bulk(ctx, int(n), args{T: time.Now().UnixNano()})
			sent += n
		case rate == 0 && sent-w.done.Load() < backlog:
			p.bulk(ctx, bulk, payload)
			sent += bulk
		default:
			time.Sleep(time.Millisecond)
		}
	}
}

func steady(ctx context.Context, seconds, rate int) {
	p := newProducer(ctx)
	sent := 0
	if rate == 0 {
		sent = backlog
		p.fill(ctx, sent)
	}
	var picked pickups
	var stopping atomic.Bool
	var sending sync.WaitGroup
	w := startWorkers(ctx, settings["clients"], picked.add)
	sending.Go(func() { p.send(ctx, rate, w, int64(sent), &stopping) })
	begin := time.Now()
	at, seen := begin, int64(0)
	for i := range seconds {
		time.Sleep(time.Until(begin.Add(time.Duration(i+1) * time.Second)))
		now, done := time.Now(), w.done.Load()
		fmt.Printf("completed_per_s %.0f\n", float64(done-seen)/now.Sub(at).Seconds())
		at, seen = now, done
	}
	stopping.Store(true)
	sending.Wait()
	w.stop(ctx)
	if rate > 0 {
		picked.print()
	}
}

func readSettings() string {
	for _, word := range strings.Fields(os.Getenv("PEER_SETTINGS")) {
		name, value, _ := strings.Cut(word, "=")
		n, err := strconv.Atoi(value)
		if _, known := settings[name]; !known || err != nil {
			log.Fatalf("no setting %s", word)
		}
		settings[name] = n
	}
	words := ""
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		words += fmt.Sprintf(" %s=%d", name, settings[name])
	}
	return words
}

func main() {
	ctx := context.Background()
	if len(os.Args) < 2 {
		log.Fatal("no command")
	}
	words := readSettings()
	if text := os.Getenv("PEER_PAYLOAD"); text != "" {
		check(json.Unmarshal([]byte(text), &payload))
	}
	number := func(i int) int { // 0 where it is not given
		if i >= len(os.Args) {
			return 0
		}
		n, err := strconv.Atoi(os.Args[i])
		check(err)
		return n
	}
	switch os.Args[1] {
	case "drain", "latency", "steady":
		fmt.Println("note River keeps a completed job (24 hours by default);" + words)
	}
	switch os.Args[1] {
	case "setup":
		setup(ctx)
	case "fill":
		newProducer(ctx).fill(ctx, number(2))
	case "drain":
		drain(ctx, int64(number(2)))
	case "read":
		read(ctx, number(2))
	case "latency":
		latency(ctx, number(2), float64(number(3)))
	case "steady":
		steady(ctx, number(2), number(3))
	default:
		log.Fatal("unknown command")
	}
}
