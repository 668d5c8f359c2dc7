// The official Go SDK as a client; for clients.py, which says what is printed and asked.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const cancelPatience = 20 * time.Second

type server struct {
	Url         string
	Command     []string
	Environment map[string]string
	Tools       int
	Campaigns   []string
}

// One connection, and what its person answers and hears.
type connection struct {
	way      string
	session  *mcp.ClientSession
	answer   func(*mcp.ElicitParams) *mcp.ElicitResult
	progress atomic.Pointer[func(done, total float64)] // notifications come in on goroutines of their own
}

var input = bufio.NewReader(os.Stdin)

func (c *connection) check(name string, run func(ctx context.Context) error) {
	if err := run(context.Background()); err != nil {
		fmt.Printf("FAIL %s: %s: %v\n", c.way, name, err)
	} else {
		fmt.Printf("ok   %s: %s\n", c.way, name)
	}
}

func (c *connection) call(ctx context.Context, name string, arguments any, meta mcp.Meta) (*mcp.CallToolResult, string, error) {
	params := &mcp.CallToolParams{Name: name, Arguments: arguments, Meta: meta}
	if c.progress.Load() != nil {
		params.SetProgressToken(fmt.Sprintf("%s-%d", name, time.Now().UnixNano()))
	}
	result, err := c.session.CallTool(ctx, params)
	if err != nil {
		return nil, "", err
	}
	text := ""
	for _, part := range result.Content {
		if t, ok := part.(*mcp.TextContent); ok {
			text += t.Text
		}
	}
	return result, text, nil
}

func (c *connection) tools(ctx context.Context) (names []string, err error) {
	for tool, err := range c.session.Tools(ctx, nil) {
		if err != nil {
			return nil, err
		}
		names = append(names, tool.Name)
	}
	return names, nil
}

func (c *connection) seesProgress(name string, arguments any, want [][2]float64) error {
	heard := make(chan [2]float64, 100)
	hear := func(done, total float64) { heard <- [2]float64{done, total} }
	c.progress.Store(&hear)
	defer c.progress.Store(nil)
	if _, _, err := c.call(context.Background(), name, arguments, nil); err != nil {
		return err
	}
	// Notifications may be handled after the result.
	for _, expected := range want {
		select {
		case got := <-heard:
			if got != expected {
				return fmt.Errorf("progress %v, not %v", got, expected)
			}
		case <-time.After(cancelPatience):
			return fmt.Errorf("no progress %v", expected)
		}
	}
	return nil
}

// Calls, and gives up at the first word of progress.
func (c *connection) cancels(name string, arguments any) error {
	ctx, cancel := context.WithTimeout(context.Background(), cancelPatience)
	defer cancel()
	hear := func(float64, float64) { cancel() }
	c.progress.Store(&hear)
	defer c.progress.Store(nil)
	_, _, err := c.call(ctx, name, arguments, nil)
	if !errors.Is(ctx.Err(), context.Canceled) || err == nil {
		return fmt.Errorf("not cancelled: %v, %v", ctx.Err(), err)
	}
	return nil
}

func withFixture(c *connection) {
	echoes := func(ctx context.Context) error {
		_, text, err := c.call(ctx, "echo", map[string]any{"message": "grüß dich"}, nil)
		if err == nil && text != "grüß dich" {
			err = errors.New(text)
		}
		return err
	}
	c.check("lists", func(ctx context.Context) error {
		names, err := c.tools(ctx)
		if err == nil && (len(names) <= 20 || names[0] != "test_simple_text") {
			err = fmt.Errorf("%v", names)
		}
		return err
	})
	c.check("calls", echoes)
	c.check("gets progress", func(context.Context) error {
		return c.seesProgress("test_tool_with_progress", map[string]any{}, [][2]float64{{0, 100}, {50, 100}, {100, 100}})
	})
	c.check("cancels", func(ctx context.Context) error {
		if err := c.cancels("wait", map[string]any{"ms": 60_000}); err != nil {
			return err
		}
		return echoes(ctx)
	})
	c.check("asks the person", func(ctx context.Context) error {
		_, text, err := c.call(ctx, "test_elicitation", map[string]any{"message": "Who are you?"}, nil)
		if err == nil && !(strings.Contains(text, "action=accept") && strings.Contains(text, "alice@example.org")) {
			err = errors.New(text)
		}
		return err
	})
	c.check("an unknown tool is an error", func(ctx context.Context) error {
		_, text, err := c.call(ctx, "no_such_tool", map[string]any{}, nil)
		if err == nil || !strings.Contains(err.Error(), "Unknown tool") {
			return fmt.Errorf("%q, %v", text, err)
		}
		return nil
	})
}

func withProduct(c *connection, want int) {
	reads := func(ctx context.Context) error {
		result, text, err := c.call(ctx, "user_validateToken", map[string]any{}, nil)
		if err != nil {
			return err
		}
		if value, ok := result.StructuredContent.(map[string]any); !ok || value["valid"] != true || result.IsError {
			return errors.New(text)
		}
		return nil
	}
	c.check("lists the whole catalogue", func(ctx context.Context) error {
		names, err := c.tools(ctx)
		if err == nil && (len(names) != want || !strings.Contains(strings.Join(names, " "), "campaign_plan")) {
			err = fmt.Errorf("%d tools, not %d", len(names), want)
		}
		return err
	})
	c.check("calls", reads)
	c.check("gets progress", func(context.Context) error {
		one := map[string]any{"name": "user_validateToken", "arguments": map[string]any{}}
		return c.seesProgress("tools_call_write", map[string]any{"calls": []any{one, one, one}}, [][2]float64{{1, 3}, {2, 3}, {3, 3}})
	})
	c.check("cancels a call that waits for a model", func(ctx context.Context) error {
		if err := c.cancels("ai_generateContent", map[string]any{"offer": "autumn jackets"}); err != nil {
			return err
		}
		return reads(ctx)
	})
}

func withPerson(c *connection, campaign string) {
	execute := func(ctx context.Context) (*mcp.CallToolResult, string, error) {
		return c.call(ctx, "campaign_execute", map[string]any{"campaign_id": campaign}, mcp.Meta{"io.spreaders/idempotencyKey": campaign})
	}
	c.check("what the person declines does not run", func(ctx context.Context) error {
		c.answer = func(*mcp.ElicitParams) *mcp.ElicitResult { return &mcp.ElicitResult{Action: "decline"} }
		result, text, err := execute(ctx)
		if err == nil && !(result.IsError && strings.Contains(text, "did not approve")) {
			err = errors.New(text)
		}
		return err
	})
	c.check("the person's code lets it run", func(ctx context.Context) error {
		c.answer = func(*mcp.ElicitParams) *mcp.ElicitResult {
			fmt.Println("code?")
			line, _ := input.ReadString('\n')
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"code": strings.TrimSpace(line)}}
		}
		result, text, err := execute(ctx)
		if err == nil && result.IsError {
			err = errors.New(text)
		}
		return err
	})
}

func connect(way string, transport mcp.Transport, revision string) (*connection, error) {
	c := &connection{way: way}
	form := map[string]any{"username": "Alice", "email": "alice@example.org"}
	c.answer = func(*mcp.ElicitParams) *mcp.ElicitResult { return &mcp.ElicitResult{Action: "accept", Content: form} }
	client := mcp.NewClient(&mcp.Implementation{Name: "tests", Version: "1.0.0"}, &mcp.ClientOptions{
		ElicitationHandler: func(_ context.Context, request *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return c.answer(request.Params), nil
		},
		ProgressNotificationHandler: func(_ context.Context, request *mcp.ProgressNotificationClientRequest) {
			if hear := c.progress.Load(); hear != nil {
				(*hear)(request.Params.Progress, request.Params.Total)
			}
		},
	})
	var err error
	c.session, err = client.Connect(context.Background(), transport, &mcp.ClientSessionOptions{ProtocolVersion: revision})
	if err == nil && c.session.InitializeResult().ProtocolVersion != revision {
		err = fmt.Errorf("revision %s", c.session.InitializeResult().ProtocolVersion)
	}
	return c, err
}

func main() {
	var servers map[string]server
	if err := json.Unmarshal([]byte(os.Args[len(os.Args)-1]), &servers); err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	eras := map[string]string{"modern": "2026-07-28", "legacy": "2025-11-25"}
	for name, to := range servers {
		campaigns := to.Campaigns
		for era, revision := range eras {
			for _, kind := range []string{"HTTP", "stdio"} {
				if kind == "stdio" && to.Command == nil {
					continue
				}
				var transport mcp.Transport = &mcp.StreamableClientTransport{Endpoint: to.Url + "/mcp"}
				if kind == "stdio" {
					command := exec.Command(to.Command[0], to.Command[1:]...)
					command.Env = os.Environ()
					for key, value := range to.Environment {
						command.Env = append(command.Env, key+"="+value)
					}
					transport = &mcp.CommandTransport{Command: command}
				}
				c, err := connect(name+" "+kind+" "+era, transport, revision)
				c.check("connects", func(context.Context) error { return err })
				if err != nil {
					continue
				}
				switch name {
				case "fixture":
					withFixture(c)
				case "product":
					withProduct(c, to.Tools)
				default:
					withPerson(c, campaigns[0])
					campaigns = campaigns[1:]
				}
				c.check("closes", func(context.Context) error { return c.session.Close() })
			}
		}
	}
}
